"""A small programme's guidance, in the model's own two languages, for tests that search it with the bundled embedder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DUTCH = {
    "nl/parkeren.md": """# Op bezoek bij je mentor

## De poort
Meld je bij de poort met je pas en vraag naar de receptie van gebouw C. Een auto zet je op het terrein aan de achterkant.

## Werkkleding
Trek in de werkplaats een overall en dichte schoenen aan. In de kantine hoeft dat niet.
""",
    "nl/stilte.md": """# Als je niets hoort

## Wachten
Wacht twee weken voor je een herinnering stuurt. Je mentor heeft het vaak gewoon druk.

> Voorbeeld: “Fijne vakantie gehad? Ik ben benieuwd of volgende week schikt.”

> Niet zo: “Waarom antwoord je nooit?”

Bewijs: matig – in een telling van een postbedrijf leverde één herinnering een tiende meer antwoorden op.

## Daarna
Blijft het ook na de herinnering stil, bel dan de coördinator. Zij zoekt samen met jou een andere mentor.
""",
    "nl/eerste.md": """# Het eerste contact

## Niet meteen vragen
Vraag in je eerste bericht niet of iemand je mentor wil worden. Dat is een grote vraag aan iemand die jou niet kent.

Dit helpt wel:

- noem wat je van de ander hebt gelezen
- stel één kleine vraag
- laat ruimte om nee te zeggen
""",
}
TWINS = {
    "nl/doelen.md": """---
id: goals
title: Doelen
language: nl
---
# Doelen

## Houd het bij drie doelen {#three}
Kies samen drie doelen voor het eerste half jaar. Meer doelen maken het traject onrustig.
""",
    "en/doelen.md": """---
id: goals
title: Goals
language: en
---
# Goals

## Keep it to three goals {#three}
Choose three goals together for the first half year. More goals make the programme restless.
""",
}
ENGLISH = {
    "en/expenses.md": """# Travel costs

## What is paid back
The programme pays back train tickets in second class. Send the receipt to the coordinator within a month.
""",
}
EVERYTHING = DUTCH | TWINS | ENGLISH


def put(folder: Path, files: Mapping[str, str]) -> None:
    """Put files into a folder of guidance."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
