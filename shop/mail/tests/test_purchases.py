"""The purchases of the documentation, from the first request to the e-mails."""

import shutil
import subprocess
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from django.core.management import call_command

from orders.models import Order
from shop.mail.configuration import mailers
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_database

pytestmark = on_one_database

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["README.md", "docs/seed.md"])
def test_the_purchase_of_a_page_works(live_server, work, settings, tmp_path, page):
    settings.MAILERS = mailers("", timeout=1, is_debug=True)
    settings.MAIL_FOLDER = str(tmp_path)
    call_command("seed_demo", "--without-pictures")
    work()
    script = (ROOT / page).read_text().split("<!-- purchase -->\n```sh\n")[1].split("```")[0]
    assert "http://127.0.0.1:8000" in script
    script = script.replace("http://127.0.0.1:8000", live_server.url)
    done = subprocess.run(
        ["bash", "-euc", script], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip().endswith("}")
    assert '"status":"paid"' in done.stdout.splitlines()[-1]
    order = Order.objects.get()
    assert order.status == "paid"
    assert_audit_passes()
    work()
    mails = [message_from_bytes(file.read_bytes(), policy=default) for file in tmp_path.iterdir()]
    assert {mail["To"] for mail in mails} == {"ada@example.com"}
    assert len([mail for mail in mails if order.number in mail["Subject"]]) == 2
