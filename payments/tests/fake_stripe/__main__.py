"""``python -m payments.tests.fake_stripe --port 0``: serve, and print the URL."""

import argparse
import sys

from payments.tests.fake_stripe.server import Server


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m payments.tests.fake_stripe")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free port")
    server = Server(parser.parse_args().port)
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
