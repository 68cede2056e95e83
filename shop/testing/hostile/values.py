"""Hostile values: headers, query strings, paths, JSON values and bodies."""

# ruff: noqa: E501 - tables

import json
from random import Random

LONG = b"9" * 6_000
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

HEADERS: dict[str, list[bytes]] = {
    "Accept": [
        b"",
        b",",
        b"application/json; q=x",
        b"application/json; a*=rot13''%41",
        b"application/json; a*=''; a*1*=",
        b"text/html",
        b"*/*;" * 200,
        b"\xff/\xfe",
        b'application/json; x="',
    ],
    "Accept-Encoding": [b"gzip;q=nan", b"gzip;q=inf", b"*;q=-1", b";;;", b"\xff", b"gzip;q=1e999"],
    "Accept-Language": [b"de;q=x", b"\xff", b"x" * 5_000, b"*", b"-", b"de-" * 900, b"zh;q=1e400"],
    "Authorization": [
        b"Token x",
        b"Basic \xff",
        b"Bearer",
        b"Bearer \xff\xfe",
        b"Bearer a.b.c",
        b"Bearer a.b.c, Bearer a.b.c",
        b"Bearer " + LONG,
        b"Bearer ..",
        b"Bearer eyJhbGciOiJub25lIn0.e30.",
        b"Bearer bnVsbA.bnVsbA.bnVsbA",
        b"Bearer W10.W10.W10",
    ],
    "Baggage": [b"=;=,", b"\xff", LONG],
    "Content-Encoding": [b"gzip", b"\xff", b"identity, gzip", b","],
    "Content-Type": [
        b"application/json; charset=rot13",
        b"application/json; charset=undefined",
        b"application/json; charset=idna",
        b"application/json; charset=utf-16",
        b"application/json; charset=" + b"x" * 3_000,
        b"application/json; charset*=rot13''%41",
        b"application/json; a*=nothing''%ff",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b"multipart/form-data; boundary=\xff",
        b"multipart/form-data; boundary*=rot13''x",
        b"multipart/form-data; boundary=" + b"x" * 3_000,
        b"\xff",
        b";",
        b"/",
        b'a/b; c="',
        b"a/b; c*=''; c*1*=",
    ],
    "Cookie": [b'a="' + b"\\" * 7_000, b"\xff", b"sessionid=\xff; csrftoken=", b"=;=;="],
    "Forwarded": [b"for=\xff", b'for="[::1', b"host=x;proto=y"],
    "Host": [b"", b"\xff", b"[::1", b"a b", b"127.0.0.1:99999", b"127.0.0.1:x", b"x" * 3_000, b"@"],
    "Idempotency-Key": [b"", b"\xff", b'"', b'"\\', b"x" * 256, b'"a" "b"', b"a b", b"key,key"],
    "If-Match": [b"*", b"\xff", b'"'],
    "If-Modified-Since": [
        b"\xff",
        b"Thu, 99 Foo 99999 99:99:99 GMT",
        b"Thu, 01 Jan 0001 00:00:00 GMT",
        b"Fri, 31 Dec 9999 23:59:59 GMT",
        b"-1",
    ],
    "If-None-Match": [b"", b"*", b'"', b"\xff", b"W/", b'"a", W/"b", *', b'"' * 4_000, b", ,"],
    "If-Unmodified-Since": [b"\xff", b"0"],
    "Origin": [
        b"null",
        b"\xff",
        b"http://[",
        b"http://a:b:c",
        b"https://x:99999999",
        b"://",
        b"",
        b"https://app.example.com",
    ],
    "Range": [
        b"bytes=-",
        b"bytes=" + LONG + b"-",
        b"bytes=9-1",
        b"\xff",
        b"lines=1-2",
        b"bytes=0-0,-1",
    ],
    "Referer": [b"http://[", b"\xff"],
    "Sentry-Trace": [b"\xff", b"x-y-z"],
    "Stripe-Signature": [
        b"t=1,v1=\xc3\xa9",
        b"t=1,v1=\xff",
        b"t=,v1=",
        b"t=" + LONG + b",v1=0",
        b"t=-1,v1=0",
        b"t=1e9,v1=0",
        b"t=1,v1=" + b"0," * 2_000,
        b"=,=,=",
        b",",
        b"v1=0",
        b"t=\xd9\xa1,v1=0",
    ],
    "Traceparent": [
        b"",
        b"\xff",
        b"00-0-0-0",
        b"ff" + TRACE[2:],
        TRACE + b"-" + b"x" * 100,
        b"-" * 55,
    ],
    "Tracestate": [b"\xff", b"=,=", LONG],
    "Transfer-Encoding": [b"identity", b"gzip", b"\xff"],
    "User-Agent": [b"\xff", b"%s%n", b"${jndi:x}"],
    "X-Forwarded-For": [b"\xff", b"1.2.3", b"::", b"," * 900, b"1.2.3.4:x", b"fe80::1%eth0", LONG],
    "X-Forwarded-Host": [b"\xff", b"evil"],
    "X-Forwarded-Proto": [b"\xff", b"javascript", b"https,http"],
    "X-HTTP-Method-Override": [b"DELETE", b"\xff"],
    "X-Request-ID": [b"", b"\xff", b"x" * 5_000, b"a b", b'"}\x1b[31m'],
}
"""Values of each header that the shop, its libraries or a proxy read."""

QUERIES = [
    *("%00", "%", "%zz", "=", "&", "&&&=", "a" * 4_000, "page=%ff", "page=1&page=2", "zzz=1"),
    *(f"page={value}" for value in ("0", "-1", "1e9", "9" * 30, "٣", "1_0", "", "%F0%9F%92%A9")),
    *(
        "page_size=0",
        "page_size=" + "9" * 18,
        "after=%00",
        "after=" + "A" * 300,
        "after=e30",
        "after=.",
    ),
    *("fields=", "fields=id,,", "fields=__class__", "ordering=", "ordering=--price", "ordering=?"),
    *(
        "search=%27%22%5C%3A%2A%28%26%7C%21",
        "search=" + "x" * 900,
        "search=%F0%9F%92%A9",
        "search=%20",
    ),
    *(
        "search=" + "%CC%81" * 90,
        "search=" + "(" * 90,
        "search=%EF%BF%BF",
        "search=a%26%26b%7C%7C%21c",
    ),
    *("category=" + "9" * 19, "min_price=NaN", "max_price=1e999", "in_stock=2", "since=0.0.0"),
    *("since=" + "f" * 16 + ".999999999999999999.999999999999999999", "since=1", "since=%00"),
    *(
        "attr.a=1",
        "attr.%ff=1",
        "attr.a.min=Infinity",
        "metadata.a=%ff",
        "metadata.'=1",
        "brand=%ed%a0%80",
    ),
    *("created_after=0001-01-01T00:00:00%2B14:00", "created_before=9999-12-31T23:59:59-14:00"),
    *(
        "created_after=infinity",
        "created_after=2026-02-30",
        "status=paid&status=x",
        "order_id=" + "9" * 20,
    ),
]

PATH_IDS = [
    "0",
    "1",
    "9" * 18,
    "9" * 19,
    "-1",
    "%00",
    "1%2F2",
    "%ff",
    "1.json",
    "x",
    "٣",
    "1;a=b",
    "1%0a",
]

_HUGE = 10**400
_DEEP: object = 1
for _ in range(15):
    _DEEP = {"a": [_DEEP]}

VALUES: list[object] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, _HUGE),
    *(
        0.5,
        1e308,
        -0.0,
        5e-324,
        "",
        " ",
        "0",
        "1",
        "-1",
        "1e9",
        "NaN",
        "Infinity",
        "9" * 40,
        "0.001",
    ),
    *(
        "x" * 70_000,
        "\x00",
        "\ud800",
        "\udfff\ud800",
        "\uffff",
        "\u202e",
        "💩",
        "é",
        "e\u0301",
        "\x1b[0m",
    ),
    *(
        "ﷺ" * 100,
        "İ",
        "' OR 1=1 --",
        "%s%n",
        "{0.__class__}",
        "../../etc/passwd",
        "\r\nSet-Cookie: a=b",
    ),
    *("2026-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "infinity", "now"),
    *(
        [],
        [None],
        [[]],
        [{}],
        [1] * 2_000,
        {},
        {"": ""},
        {"a": 1},
        {"\x00": 1},
        {"\ud800": 1},
        _DEEP,
    ),
    *(
        {f"key{number}": "x" for number in range(300)},
        {"a": {"a": {"a": {}}}},
        [_HUGE],
        {"a": _HUGE},
    ),
]
"""JSON values, some of which only an escape can express."""

RAW_BODIES = [
    *(b"", b"{", b"}", b"null", b"[]", b'"x"', b"1", b"\xff", b"\x00", b"\xef\xbb\xbf{}"),
    *(
        "{}".encode("utf-16"),
        b"[" * 50_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"[" + LONG + b"]",
    ),
    *(b'{"a":1,"a":2}', b"[NaN]", b"[-Infinity]", b"[1e999999]", b"[01]", b"{'a':1}", b'{"a":1}}'),
    *(b"a=b&a=c", b"%00=%00", b"=%ff", b"&" * 900, b"a[]=1&a[b]=2", b"username=%ed%a0%80"),
    b"--x\r\nContent-Disposition: form-data; name*=rot13''%41\r\n\r\n1\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="a"; filename="\x00"\r\n\r\n1\r\n--x--\r\n',
    b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png; charset=rot13\r\n\r\n\x89PNG\r\n--x--\r\n',
    b"--x\r\nContent-Disposition: form-data; name*=''; name*1*=\r\n\r\n1\r\n--x--\r\n",
    b"--x--\r\n",
    b"--x",
]
TYPES = [
    b"application/json",
    b"application/json; charset=utf-8",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"",
]


def to_json(value: object) -> bytes:
    """Return JSON in ASCII: NUL and lone surrogates are escaped."""
    return json.dumps(value).encode()


def mutate(raw: bytes, random: Random) -> bytes:
    """Return ``raw`` with one to three bytes changed, removed or repeated."""
    changed = bytearray(raw or b"x")
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(changed) or 1)
        what = random.randrange(3)
        if what == 0:
            changed[place : place + 1] = bytes([random.randrange(256)])
        elif what == 1:
            del changed[place : place + random.randint(1, 4)]
        else:
            changed[place:place] = changed[place : place + 8] * random.randint(1, 30)
    return bytes(changed)


def as_header(raw: bytes) -> bytes:
    """Return ``raw`` without the bytes that would end a header line."""
    return raw.translate(None, b"\r\n\x00")[:7_900]
