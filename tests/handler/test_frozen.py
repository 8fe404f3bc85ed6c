"""`frozen` makes what `@dataclass(frozen=True)` makes: each row asks both, and they must agree."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pytest

from handler.frozen import frozen, is_frozen
from handler.route import Caller, Request


def made(decorator: Callable[[type], type]) -> type[Any]:
    class Note:
        """A text with tags."""

        text: str
        stars: int = 0
        tags: list[str] = field(default_factory=list)
        _: dataclasses.KW_ONLY
        shared: bool = False

        def __post_init__(self) -> None:
            if self.stars < 0:
                raise ValueError(self.stars)

    return decorator(Note)


def classes() -> tuple[type[Any], type[Any]]:
    """Return two classes that nothing has used yet."""
    return made(frozen), made(dataclass(frozen=True))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("a",), {}),
        (("a", 1, ["b"]), {}),
        (("a",), {"shared": True, "tags": ["b"]}),
        ((), {"tags": ["b"], "text": "a"}),
        ((), {}),
        ((), {"stars": 1}),
        (("a", 1, [], True), {}),
        (("a",), {"text": "b"}),
        (("a",), {"color": "red"}),
        (("a", -1), {}),
    ],
    ids=str,
)
def test_values_are_taken_and_refused_as_by_a_dataclass(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    def outcome(kind: type[Any]) -> object:
        try:
            return dataclasses.asdict(kind(*given, **named))
        except (TypeError, ValueError) as error:
            return type(error)

    own, model = classes()

    assert outcome(own) == outcome(model)


@pytest.mark.parametrize("missing", ["text", "color", "text and stars"])
def test_a_refused_value_is_named(missing: str) -> None:
    own, _ = classes()
    calls = {"text": own, "color": lambda: own("a", color="red"), "text and stars": lambda: own("a", text="b")}

    with pytest.raises(TypeError, match=rf"Note .*'{missing.split(maxsplit=1)[0]}'"):
        calls[missing]()


def test_nothing_of_an_instance_changes() -> None:
    """What was checked stays as it was checked."""
    own, model = classes()
    for kind in (own, model):
        note = kind("a")
        for name in ("text", "tags", "color"):
            with pytest.raises(FrozenInstanceError):
                setattr(note, name, "b")
            with pytest.raises(FrozenInstanceError):
                delattr(note, name)
        assert dataclasses.asdict(note) == {"text": "a", "stars": 0, "tags": [], "shared": False}


def test_instances_compare_and_show_as_those_of_a_dataclass() -> None:
    other, _ = classes()
    for kind in classes():
        one = kind("a", 1, ())

        assert one == kind("a", stars=1, tags=())
        assert hash(one) == hash(kind("a", 1, ())) == hash(("a", 1, (), False))
        assert one != kind("b", 1, ())
        assert one != other("a", 1, ())
        assert one != ("a", 1, (), False)
        assert repr(one).endswith("Note(text='a', stars=1, tags=(), shared=False)")
        assert dataclasses.replace(one, text="b") == kind("b", 1, ())


def test_default_lists_are_not_shared() -> None:
    own, _ = classes()

    assert own("a").tags is not own("b").tags


def test_fields_are_there_before_the_first_instance() -> None:
    def described(kind: type[Any]) -> list[tuple[object, ...]]:
        return [(each.name, each.type, each.default, each.kw_only) for each in dataclasses.fields(kind)]

    own, model = classes()

    assert dataclasses.is_dataclass(own)
    assert described(own) == described(model)


@pytest.mark.parametrize("first", ["parent", "child"])
def test_a_subclass_has_its_parents_fields(first: str) -> None:
    parent, _ = classes()

    @frozen
    class Child(parent):
        color: str = "red"

    if first == "parent":
        parent("a")
    assert Child("a", 1, color="blue").color == "blue"
    assert [each.name for each in dataclasses.fields(Child)] == ["text", "stars", "tags", "shared", "color"]


@pytest.mark.parametrize("use", [lambda kind: kind("a"), dataclasses.fields])
def test_a_subclass_without_fields_of_its_own(use: Callable[[type], object]) -> None:
    parent, _ = classes()
    child = type("Child", (parent,), {})

    use(child)

    assert child("a") == child("a")
    assert parent("a").text == "a"


def test_threads_may_be_the_first_to_use_a_class() -> None:
    """The second would miss the default of `tags` if it read the fields while the first does."""
    failures: list[Exception] = []
    for _ in range(50):
        own, _ = classes()
        barrier = threading.Barrier(4)

        def use(kind: type[Any] = own, start: threading.Barrier = barrier) -> None:
            start.wait()
            try:
                assert kind("a").tags == []
            except Exception as error:  # noqa: BLE001 - the test's thread reports it
                failures.append(error)

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failures == []


def test_what_is_frozen_is_told_from_what_is_not() -> None:
    @dataclass
    class Open:
        text: str

    own, model = classes()

    assert is_frozen(own)
    assert is_frozen(model)
    for other in (Open, str, None, own("a")):
        assert not is_frozen(other)


@pytest.mark.parametrize("instance", [Caller("a", None, "b", frozenset(), frozenset()), Request({}, None, None)])
def test_a_class_may_set_its_fields_itself(instance: Any) -> None:
    names = [each.name for each in dataclasses.fields(instance)]

    assert sorted(vars(instance)) == sorted(names), "each field is set"
    assert dataclasses.replace(instance) == instance
    for name in names:
        with pytest.raises(FrozenInstanceError):
            setattr(instance, name, None)
