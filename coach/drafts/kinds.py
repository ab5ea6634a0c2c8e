"""The kinds of message: one YAML file each in `prompts/drafts/`, strictly validated.

The command's options, the page's form, the tests and the evals follow from these files.
Fields that most kinds share stand in `prompts/fields.yaml` and are taken by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from coach.drafts.channels import load_channels
from coach.drafts.framing import environment, fields_in_frames, in_address
from coach.errors import DraftError, PromptError
from coach.files import Both, Strict, did_you_mean, mistake, read_model
from coach.languages import LANGUAGES
from coach.records import Language
from coach.settings import data_folder

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

Variant = Literal["shorter", "warmer", "more_direct"]
Style = Literal["direct", "gentle"]
Audience = Literal["mentee", "mentor", "trainer"]
Family = Literal["message", "feedback", "plan"]
Shape = Literal["name", "phrase", "sentence", "text", "items", "choice"]

VARIANTS: tuple[Variant, ...] = get_args(Variant)
STYLES: tuple[Style, ...] = get_args(Style)


class DraftField(Strict):
    """One thing that the writer fills in.

    `shape` says what is expected: a name; a phrase (part of a sentence, one line); a sentence (one line, a part of one is
    taken too); text (several sentences or lines); items (one a line, or with semicolons between); or one of `choices`.
    `blank` is what stands between square brackets while a required field is empty. `default` is used when an optional field
    is empty, and holds no personal detail. `in_text` is false for what steers the draft or its invitation but is not in it.
    """

    name: str = Field(pattern=r"^[a-z][a-z_]*$")
    label: Both
    help: Both
    example: Both
    shape: Shape
    required: bool = False
    blank: Both | None = None
    default: Both | None = None
    choices: tuple[str, ...] = ()
    in_text: bool = True

    @property
    def multiline(self) -> bool:
        """Whether its words may take several lines."""
        return self.shape in ("text", "items")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.required and self.blank is None:
            raise mistake(f"the required field '{self.name}' needs a 'blank' to stand in the text while it is empty")
        if (self.shape == "choice") != bool(self.choices):
            raise mistake(f"the field '{self.name}' has 'choices' if and only if its shape is choice")
        return self


class Part(Strict):
    """A paragraph of a template, and how it reads in another variant or style; without an own form it reads as `text`.

    An empty form leaves the paragraph out of that variant; its facts then stand in another one.
    """

    text: str
    shorter: str | None = None
    warmer: str | None = None
    more_direct: str | None = None
    direct: str | None = None
    gentle: str | None = None

    def form(self, variant: Variant | None, style: Style | None) -> str:
        """The source of the paragraph in a variant and a style; a style weighs more than a variant."""
        for wanted in (style, variant):
            own: str | None = getattr(self, wanted) if wanted else None
            if own is not None:
                return own
        return self.text

    def forms(self) -> Iterator[tuple[str, str]]:
        """Every form that it has, by name."""
        for name in ("text", *VARIANTS, *STYLES):
            source = getattr(self, name)
            if source is not None:
                yield name, source


class Template(Strict):
    """A draft in one language: the subject, a shorter subject for when that is long, and the paragraphs.

    `brief` is the whole text for a channel with room for a sentence or two; it may leave facts out.
    """

    subject: str = ""
    subject_short: str = ""
    body: tuple[Part, ...] = Field(min_length=1)
    brief: str = ""

    def sources(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every text in it with the way to it."""
        yield ("subject",), self.subject
        yield ("subject_short",), self.subject_short
        yield ("brief",), self.brief
        for number, part in enumerate(self.body):
            for name, source in part.forms():
                yield ("body", number, name), source


class Templates(Strict):
    """The template in each language."""

    nl: Template
    en: Template

    def __getitem__(self, language: Language) -> Template:
        return {"nl": self.nl, "en": self.en}[language]


class Example(Strict):
    """A worked example; the tests write it, and look for `contains` in what comes out."""

    language: Language
    channel: str | None = None
    variant: Variant | None = None
    style: Style | None = None
    fields: Mapping[str, str]
    contains: tuple[str, ...] = ()


class Note(Strict):
    """Guidance that is shown beside a draft when a field has a value (any value, where `value` is empty)."""

    field: str
    value: str = ""
    guidance: str


class DraftKind(Strict):
    """A kind of message. `family` decides how rules read it: a message asks something of the reader, feedback tells them
    what they did, and a plan is a document (an agenda, goals, an evaluation, questions) that need not ask anything.

    `acquainted` is whether writer and reader know each other; `letter` whether it opens with a greeting and closes with a name.
    `guidance` names sections of the handbook as `file#section`. `rules` are ids of coach/drafts/rules.py.
    """

    id: str
    audience: tuple[Audience, ...] = Field(min_length=1)
    family: Family
    title: Both
    situation: Both
    guidance: tuple[str, ...] = Field(min_length=1)
    channels: tuple[str, ...] = Field(min_length=1)
    default_channel: str
    acquainted: bool = True
    letter: bool = True
    fields: tuple[DraftField, ...]
    templates: Templates
    instruction: Both
    rules: tuple[str, ...]
    notes: tuple[Note, ...] = ()
    examples: tuple[Example, Example]

    @field_validator("fields", mode="before")
    @classmethod
    def _take_shared(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        shared = _shared_fields()
        for number, item in enumerate(value):
            if isinstance(item, str) and item not in shared:
                raise mistake(f"there is no shared field '{item}'{did_you_mean(item, shared)}", at=(number,))
        return [shared[item] if isinstance(item, str) else item for item in value]

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        self._check_names()
        for language in LANGUAGES:
            for way, source in self.templates[language].sources():
                self._check_source(language, ("templates", language, *way), source)
            self._check_blanks(language)
        return self

    @property
    def styles(self) -> tuple[Style, ...]:
        """The styles it can be written in; none but for feedback."""
        parts = [part for language in LANGUAGES for part in self.templates[language].body]
        return tuple(style for style in STYLES if any(getattr(part, style) is not None for part in parts))

    def field(self, name: str) -> DraftField:
        """A field by its name. Raises `DraftError` that names the nearest one."""
        for field in self.fields:
            if field.name == name:
                return field
        known = [field.name for field in self.fields]
        raise DraftError(f"The kind '{self.id}' has no field '{name}'{did_you_mean(name, known)}")

    def _check_names(self) -> None:
        from coach.drafts.rules import RULES

        names = [field.name for field in self.fields]
        if double := next((name for name in names if names.count(name) > 1), None):
            raise mistake(f"the field '{double}' stands here twice", at=("fields", len(names) - 1 - names[::-1].index(double)))
        checks: list[tuple[tuple[str | int, ...], str, Any, str]] = [
            *((("rules", n), rule, RULES, "rule") for n, rule in enumerate(self.rules)),
            *((("channels", n), channel, load_channels(), "channel") for n, channel in enumerate(self.channels)),
            (("default_channel",), self.default_channel, self.channels, "channel of this kind"),
            *((("notes", n, "field"), note.field, names, "field") for n, note in enumerate(self.notes)),
            *((("examples", n, "fields", name), name, names, "field")
              for n, one in enumerate(self.examples) for name in one.fields),
            *((("examples", n, "channel"), one.channel, self.channels, "channel of this kind")
              for n, one in enumerate(self.examples) if one.channel),
        ]  # fmt: skip
        for at, word, known, what in checks:
            if word not in known:
                raise mistake(f"there is no {what} '{word}'{did_you_mean(word, known)}", at=at)

    def _check_source(self, language: Language, at: tuple[str | int, ...], source: str) -> None:
        """A template compiles and names only fields; a subject names only fields of one line."""
        from jinja2 import TemplateSyntaxError

        env = environment(language)
        known = {field.name: field for field in self.fields}
        try:
            used = _names_in(env, source)
        except TemplateSyntaxError as error:
            raise mistake(f"the template is broken in its line {error.lineno}: {error.message}", at=at) from None
        for name in sorted(used):
            if name not in known:
                raise mistake(f"there is no field '{name}'{did_you_mean(name, known)}", at=at)
            if str(at[-1]).startswith("subject") and known[name].multiline:
                raise mistake(f"the field '{name}' may take several lines, so it cannot stand in a subject", at=at)

    def _check_blanks(self, language: Language) -> None:
        """Each required field stands in the text, and no two blanks read the same."""
        env, template = environment(language), self.templates[language]
        plain = "\n".join([template.subject, *(part.text for part in template.body)])
        used = _names_in(env, plain)
        letter = {"recipient", "sender"} if self.letter else set()
        for number, field in enumerate(self.fields):
            if field.required and field.in_text and field.name not in used | letter:
                raise mistake(f"the required field '{field.name}' is not used in the {language} template", at=("fields", number))
        blanks = [field.blank[language] for field in self.fields if field.blank]
        if len(set(blanks)) < len(blanks):
            raise mistake(f"two fields have the same blank in {language}: {', '.join(sorted(blanks))}", at=("fields",))


def _names_in(env: SandboxedEnvironment, source: str) -> set[str]:
    from jinja2 import meta

    return meta.find_undeclared_variables(env.parse(in_address(source, formal=False))) | fields_in_frames(source)


class _SharedFields(Strict):
    fields: tuple[DraftField, ...]


@cache
def _shared_fields() -> Mapping[str, DraftField]:
    return {field.name: field for field in read_model(data_folder("prompts") / "fields.yaml", _SharedFields).fields}


def read_kind(path: Path) -> DraftKind:
    """One file. Raises `PromptError` with file, line and a suggestion."""
    kind = read_model(path, DraftKind)
    if kind.id != path.stem:
        raise PromptError(f"{path.name}:1: id: is '{kind.id}'; make it '{path.stem}', as the file is called.")
    return kind


@cache
def _files() -> Mapping[str, Path]:
    return {path.stem: path for path in sorted((data_folder("prompts") / "drafts").glob("*.yaml"))}


@cache
def _kind(name: str) -> DraftKind:
    return read_kind(_files()[name])


@cache
def load_kinds() -> Mapping[str, DraftKind]:
    """Every kind by its id. Raises `PromptError` for the first file that breaks the schema."""
    return MappingProxyType({name: _kind(name) for name in _files()})


def kind_named(name: str) -> DraftKind:
    """A kind by its id; only its own file is read. Raises `DraftError` that names the nearest one, or all of them."""
    if name not in _files():
        raise DraftError(f"There is no kind '{name}'{did_you_mean(name, _files())} 'coach draft --list' names them all.")
    return _kind(name)
