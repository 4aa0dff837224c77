"""Print the table of permissions into its page, as part of `make fix`."""

from pathlib import Path

from chalicelib.people.permissions import as_markdown

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"


def main() -> None:
    words, _, _ = PAGE.read_text().partition("| call |")
    PAGE.write_text(words + as_markdown())


if __name__ == "__main__":
    main()
