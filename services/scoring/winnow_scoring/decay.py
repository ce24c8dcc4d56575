"""What points are worth after some days; rounded half away from zero, so that every line is a whole number."""

from collections.abc import Callable

from winnow_scoring.rules import Decay, DecayShape


def fading(decay: Decay, *, points: int) -> Callable[[int], int]:
    """A function from the age of the date in days to the points that are left; a negative age counts as none."""

    def halved(age: int) -> int:
        return _sign(points) * _rounded(abs(points) * 0.5 ** (max(age, 0) / decay.days))

    def lessened(age: int) -> int:
        left = decay.days - min(max(age, 0), decay.days)
        return _sign(points) * ((2 * abs(points) * left + decay.days) // (2 * decay.days))

    return halved if decay.shape is DecayShape.HALF_LIFE else lessened


def _rounded(amount: float) -> int:
    """The nearest whole number; a half goes up. Adding 0.5 first would turn 0.49999999999999994 into 1."""
    whole = int(amount)
    return whole + (amount - whole >= 0.5)


def _sign(points: int) -> int:
    return -1 if points < 0 else 1
