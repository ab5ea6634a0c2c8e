"""The page: where mentees, mentors and trainers work. Widgets only; what is not a widget is the coach's own."""
