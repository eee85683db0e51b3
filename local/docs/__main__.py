"""`python -m local.docs`: renews the generated blocks of docs/*.md, or checks them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from local.docs.pages import DOCS, read, renewed, stale_pages


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if a page is stale.")
@click.option("--docs", type=click.Path(path_type=Path), default=DOCS, help="Another directory.")
def main(check: bool, docs: Path) -> None:
    """Renews the generated blocks of docs/*.md."""
    stale = stale_pages(docs)
    for page in stale:
        click.echo(f"{page.name}: {'stale; run python -m local.docs' if check else 'renewed'}")
        if not check:
            page.write_text(renewed(read(page)), encoding="utf-8")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
