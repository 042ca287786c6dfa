"""A value behaves as a frozen dataclass does, and is made and loaded faster."""

import copy
import pickle
from dataclasses import field, replace

import pytest

from crawler.value import mutable, value


@value
class Point:
    """Three fields, of which one does not count and one is not shown."""

    x: int
    y: float = 0.0
    note: str = field(default="", compare=False)
    hidden: str = field(default="", repr=False)


@value
class Nothing:
    """No field."""


@value
class Own:
    """Methods of its own."""

    x: int

    def __repr__(self) -> str:
        return "own"


def test_values_are_equal_and_hash_alike_where_the_fields_do_that_count():
    assert Point(1, note="a") == Point(1, note="b")
    assert len({Point(1, note="a"), Point(1, note="b"), Point(2)}) == 2
    assert Point(1) != Point(1, hidden="h")
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())


def test_a_value_is_not_equal_to_one_of_another_class():
    assert Own(1) != Point(1)
    assert Point(1) != (1, 0.0)


def test_a_value_shows_its_fields_but_for_those_that_are_hidden():
    assert repr(Point(1, hidden="h")) == "Point(x=1, y=0.0, note='')"
    assert repr(Nothing()) == "Nothing()"


def test_methods_of_its_own_stay():
    assert repr(Own(1)) == "own"


def test_a_value_can_be_copied_pickled_and_replaced_in_part():
    one = Point(1, 2.0, "n", "h")
    assert pickle.loads(pickle.dumps(one)) == copy.copy(one) == replace(one) == one  # noqa: S301
    assert replace(one, x=2).x == 2


def test_what_is_mutable_is_equal_by_its_fields_and_has_no_hash():
    @mutable
    class Sum:
        """It grows."""

        of: str
        urls: int = 0

    one = Sum("a")
    one.urls += 2
    assert one == Sum("a", 2) != Sum("a")
    assert repr(one).endswith("Sum(of='a', urls=2)")
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_init_is_compiled_with_the_first_value_and_says_what_is_missing():
    @value
    class Late:
        """It checks itself."""

        x: int
        y: list[int] = field(default_factory=list)

        def __post_init__(self) -> None:
            assert self.x

    before = Late.__init__
    with pytest.raises(TypeError, match=r"Late\.__init__\(\) missing 1 .*'x'"):
        Late()
    after = Late.__init__
    assert Late(1).y == []
    assert Late(1).y is not Late(1).y
    assert before is not after is Late.__init__
    with pytest.raises(AssertionError):
        Late(0)


def test_a_value_has_no_other_attributes():
    with pytest.raises(AttributeError):
        Point(1).z = 1
