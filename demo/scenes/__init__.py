"""The week, scene by scene. A new room of the house adds a scene here."""

from collections.abc import Callable

from demo.play import Play
from demo.scenes import (
    booking,
    gaps,
    late_payments,
    lessons,
    opening,
    payday,
    returns,
    school,
    tutor,
)

SCENES: tuple[Callable[[Play], None], ...] = (
    opening.play,
    booking.play,
    late_payments.play,
    school.play,
    tutor.play,
    returns.play,
    gaps.play,
    lessons.play,
    returns.play_on,
    payday.play,
)
