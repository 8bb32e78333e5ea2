"""`python -m bot` is `podbot`."""

from bot.cli import main

if __name__ == "__main__":
    main()
