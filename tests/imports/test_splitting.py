"""A file is cut into lines wherever its pieces end, and reading can begin again at any line."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.imports.splitting import LINE_BYTES, lines


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"")), max_size=12),
    st.booleans(),
    st.integers(1, 9),
)
def test_lines_are_the_same_however_the_file_comes(
    content: list[bytes], ended: bool, size: int
) -> None:
    file = b"\n".join(content) + (b"\n" if ended and content else b"")
    pieces = [file[place : place + size] for place in range(0, len(file), size)]
    found = list(lines(pieces, 0))
    expected = file.removesuffix(b"\n").split(b"\n") if file else []
    assert [one.content for one in found] == expected
    assert not found or found[-1].end == len(file)
    for number, one in enumerate(found):
        rest = [left.content for left in lines([file[one.end :]], one.end)]
        assert rest == expected[number + 1 :]


def test_a_line_that_is_too_long_is_left_out_and_the_next_is_read() -> None:
    file = b"a\n" + b"x" * (3 * LINE_BYTES) + b"\nb\n"
    for size in (1000, LINE_BYTES, 10**7):
        pieces = [file[place : place + size] for place in range(0, len(file), size)]
        found = list(lines(pieces, 0))
        assert [one.content for one in found] == [b"a", None, b"b"]
        assert found[-1].end == len(file)
