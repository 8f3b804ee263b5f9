"""Money against Python's integers, fractions and decimals."""
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, strategies as st

AMOUNT = st.one_of(
    st.integers(-10**7, 10**7), st.integers(-2**63, 2**63 - 1),
    st.sampled_from([-2**63, -2**63 + 1, 2**63 - 1]))
CURRENCIES = {"NGN": ("₦", 2), "USD": ("$", 2), "GBP": ("£", 2), "EUR": ("€", 2), "JPY": ("¥", 0),
              "XOF": ("CFA ", 0), "KWD": ("KWD ", 3), "CHF": ("CHF ", 2), "TND": ("TND ", 3)}


@given(AMOUNT, st.sampled_from(sorted(CURRENCIES)))
def test_an_amount_is_written_as_decimal_does(ask_money, amount, currency):
    sign, decimals = CURRENCIES[currency]
    value = Decimal(abs(amount)).scaleb(-decimals)
    minus = "-" if amount < 0 else ""

    assert ask_money.ask(f"write {amount} {currency}").split("\t") == [
        f"{minus}{sign}{value:,.{decimals}f}", f"{minus}{value:.{decimals}f}"]


@given(AMOUNT, AMOUNT, AMOUNT.filter(lambda number: number > 0))
def test_scaling_is_exact_but_for_half_to_even(ask_money, amount, numerator, denominator):
    exact = round(Fraction(amount * numerator, denominator))

    answer = ask_money.ask(f"scale {amount} {numerator} {denominator}")
    assert answer == (str(exact) if -2**63 <= exact < 2**63 else "refused")


@given(st.integers(-10**9, 10**9), st.integers(1, 10**6))
def test_halves_go_to_even(ask_money, odd, half):
    """(2n + 1) x h over 2h lies between n and n + 1, which no random fraction does."""
    amount = 2 * odd + 1
    answer = int(ask_money.ask(f"scale {amount} {half} {2 * half}"))

    assert answer in (odd, odd + 1)
    assert answer % 2 == 0
