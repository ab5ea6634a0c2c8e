"""A mentoring coach that knows a programme's own guidance."""
