"""The filter options, added to a command by one decorator."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from retrieval.filters import Filters

    FiltersFromOptions = Filters
else:
    # Typer reads annotations at run time; importing filters would slow down --help.
    FiltersFromOptions = Any

# A placeholder: Python requires a default after parameters with defaults; it is never used.
FROM_OPTIONS: Any = None
_Command = Callable[..., None]


def _options(
    since: Annotated[int | None, typer.Option(help="First publication year.")] = None,
    until: Annotated[int | None, typer.Option(help="Last publication year.")] = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type", help="PubMed publication type, such as “Meta-Analysis”; repeatable."
        ),
    ] = None,
    designs: Annotated[
        list[str] | None,
        typer.Option(
            "--design",
            help="Study design: guideline, systematic-review, randomised-trial, trial,"
            " observational, review, case-report, opinion, laboratory; repeatable.",
        ),
    ] = None,
    languages: Annotated[
        list[str] | None,
        typer.Option("--language", help="Three-letter code, such as eng; repeatable."),
    ] = None,
    journals: Annotated[
        list[str] | None,
        typer.Option("--journal", help="Full title or abbreviation; repeatable."),
    ] = None,
    people_only: Annotated[
        bool, typer.Option("--people-only", help="Exclude animal and laboratory studies.")
    ] = False,
    include_retracted: Annotated[
        bool, typer.Option("--include-retracted", help="Include retracted articles, marked.")
    ] = False,
) -> Filters:
    from retrieval.filters import Filters

    return Filters.from_options(
        since=since,
        until=until,
        types=types,
        designs=designs,
        languages=languages,
        journals=journals,
        people_only=people_only,
        include_retracted=include_retracted,
    )


def takes_filters(
    *, retracted: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Replace a command's parameter `filters` by the filter options.

    Args:
        retracted: whether to offer the option that includes retracted articles.
    """
    signature = inspect.signature(_options, eval_str=True, globals=globals() | {"Filters": Any})
    options = [
        p for p in signature.parameters.values() if retracted or p.name != "include_retracted"
    ]

    def decorate(command: _Command) -> _Command:
        own_signature = inspect.signature(command, eval_str=True)
        parameters = [
            replacement
            for parameter in own_signature.parameters.values()
            for replacement in (options if parameter.name == "filters" else [parameter])
        ]

        @wraps(command)
        def wrapped(**arguments: Any) -> None:  # noqa: ANN401 - whatever the command takes
            chosen = {option.name: arguments.pop(option.name) for option in options}
            command(**arguments, filters=_options(**chosen))

        wrapped.__signature__ = own_signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
        return wrapped

    return decorate
