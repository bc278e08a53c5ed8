/** What Python does otherwise than JavaScript: each expression has the value that the real Python gives it. */
import { spawnSync } from 'node:child_process'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { importLocust } from '../../src/import/locust/locust.ts'
import * as py from '../../src/python.ts'

const PYTHON = '/usr/bin/python3'
const hasPython = spawnSync(PYTHON, ['--version']).status === 0

const SETUP = `
import json, math, string, base64, re, itertools, statistics, uuid, copy
from dataclasses import dataclass, asdict, field
from datetime import date, datetime, timedelta, timezone
from collections import Counter, OrderedDict, defaultdict, namedtuple
from enum import Enum
from pathlib import Path
from queue import Queue, Empty
from urllib.parse import parse_qs, parse_qsl, quote, quote_plus, unquote, unquote_plus, urlencode, urljoin, urlparse
words = ["b", "a", "c"]
numbers = [3, 1, 2]
none = None
empty = []
text = "  Hello, World  "
nested = {"a": {"b": [1, {"c": None}]}, "flag": False, "n": 1.5}
keyed = {2: "two", 1: "one"}
letters = "héllo😀"

Point = namedtuple("Point", "x y")
class Color(Enum):
    RED = 1
    BLUE = "blue"

@dataclass
class Order:
    id: int
    price: float = 2.0
    tags: list = field(default_factory=list)

    @property
    def total(self):
        return self.price * 2

class Shelf:
    limit = 2.0

    def __init__(self, *names, size=1, **more):
        self.names = list(names)
        self.size = size
        self.more = more

    def __len__(self):
        return len(self.names) * self.size

    def __str__(self):
        return "+".join(self.names)

    def __eq__(self, other):
        return str(self) == str(other)

    @classmethod
    def of(cls, text):
        return cls(*text.split(","), **{"size": 2, "kind": "of"})

class Labelled(Shelf):
    def __str__(self):
        return "labelled " + super().__str__()

class Broken(ValueError):
    def __init__(self, part):
        super().__init__(f"{part} is broken")
        self.part = part

def breaking(part):
    try:
        raise Broken(part)
    except ValueError as error:
        return [str(error), error.part, type(error).__name__]

def joined(first, *others, sep="-", **named):
    return sep.join([first, *others, *sorted(named)])

def countdown(n):
    while n > 0:
        yield n
        n -= 1
    yield from ["end"]

def searched(values, wanted):
    for value in values:
        if value == wanted:
            break
    else:
        return "none"
    return "found"

def queued():
    queue = Queue()
    queue.put(1.0)
    queue.put(2)
    found = [queue.get(), queue.qsize(), queue.get_nowait(), queue.empty()]
    try:
        queue.get_nowait()
    except Empty:
        found.append("empty")
    return found

def grown():
    values = total = 0.0
    values += 1
    first = [1]
    second = first
    second += [2.0]
    table = {"a": 1.0}
    table |= {"b": 2}
    counts = defaultdict(list)
    counts["x"].append(1.0)
    return [values, total, first, table, dict(counts), 1 if (size := len(first)) > 1 else size]

def halves(n):
    found = []
    while n > 1:
        n //= 2
        found.append(n)
        if n == 3:
            continue
        if n == 2:
            break
    return found

def kinds(value):
    if value is None:
        return "none"
    elif isinstance(value, bool):
        return "bool"
    elif isinstance(value, (int, float)):
        return "number"
    elif isinstance(value, str) and value:
        return "text"
    elif value:
        return "full"
    return "empty"

def guarded(what):
    steps = []
    try:
        steps.append("try")
        if what == "key":
            nested["missing"]
        if what == "index":
            numbers[10]
        if what == "zero":
            1 // len(empty)
        if what == "value":
            int("x")
        if what == "type":
            "a" + what_number
        if what == "raise":
            raise ValueError("own")
        if what == "json":
            json.loads("{")
    except (KeyError, IndexError) as error:
        steps.append("lookup")
    except ZeroDivisionError:
        steps.append("zero")
    except ValueError as error:
        steps.append("value")
    except Exception:
        steps.append("other")
    else:
        steps.append("else")
    finally:
        steps.append("finally")
    return steps

what_number = 5

def late(flag):
    if flag:
        found = 1
    else:
        found = 2
    for item in [1, 2, 3]:
        last = item
    return [found, last, item]

def swapped(a, b):
    a, b = b, a
    first, *rest = [1, 2, 3]
    return [a, b, first, rest]

def defaults(a, b=2, *, c=3):
    return a + b + c
`

const EXPRESSIONS = String.raw`
[1.0, 2, -3.0, 1e3, 0.5, 1e16, 1e22, 1e-7]
[4 / 2, 7.0 // 2, 7 // 2, -7 // 2.0, -7 % 2.0, 7.5 % 2.5, 2.0 ** 3, 2 ** 3, 2 ** -1, divmod(-7, 2)[0], divmod(7.0, 2)[0]]
[2 ** 64, 12345678901234567890 + 1, 9007199254740993 * 3, -12345678901234567890 // 7, 12345678901234567890 % 7, int("12345678901234567890")]
[5 & 3, 5 | 3, 5 ^ 3, 1 << 70, 1 << 3, 256 >> 2, ~5]
[round(2.5), round(2.567, 1), round(2.0, 1), round(15, -1), round(7), abs(-2.0), abs(-2), pow(2, 3), pow(2, -1)]
[max(1, 2.0), max(2, 2.0), min([2.0, 1]), max([1, 3.0, 2]), max([], default=1.0), sum([0.5, 0.5]), sum([1, 2.0]), sum([1], 1.0)]
[1.0 == 1, 1.0 in [1], 1 in [1.0], 2.0 != 2, 1.0 < 2, bool(0.0), 0.0 or 2, 1.0 and 2, not 0.0]
[f"{3.0}", f"{3.0:>6}", f"{3.0!r}", f"{1234567.0:,}", "{} {:.1f}".format(2.0, 2), "%s %d %g" % (2.0, 2.0, 2.0), str(2.0) + repr(2.0)]
[isinstance(2.0, float), isinstance(2, float), isinstance(2.0, int), type(2.0).__name__, type([]).__name__, float(3), int(3.0), float("7")]
[json.dumps({"a": 1.0, "b": [1e3, 2, 0.1]}), json.dumps({2: 1.0}), json.loads('[1.0, 2, 1e2, 12345678901234567890, "1.0", {"a": -0.0}]')]
[1.0 if words else 2, 1 if empty else 2.0, [x * 1.0 for x in numbers], (lambda x: x / 1)(4), statistics.mean([1, 3]), statistics.mean([1.0, 3]), statistics.mean([1, 2])]
grown()
[0 < len(words) <= 3, 0 < len(words) < 3, 1 <= 1.0 < 2]
[sorted({1, 2} | {3} - {2}), sorted({1, 2, 3} & {2, 3}), sorted({1, 2} ^ {2, 3}), {"a": 1} | {"b": 2.0}]
[joined("a"), joined("a", "b", sep="+"), joined(*words, sep=""), joined("a", z=1, y=2), joined(**{"first": "f", "q": 1})]
[list(countdown(2)), next(countdown(5)), [n for n in countdown(1)], sum(1 for n in countdown(3))]
[searched([1, 2], 2), searched([1, 2], 2.0), searched([1, 2], 3)]
[list(itertools.islice(itertools.count(5), 3)), list(itertools.islice([1, 2, 3, 4], 1, None, 2)), [list(p) for p in itertools.product([1, 2], "a")], [list(p) for p in itertools.combinations("abc", 2)], len(list(itertools.permutations([1, 2, 3])))]
[[list(p) for p in zip("ab", itertools.count())], list(itertools.chain.from_iterable([[1], [2]])), list(itertools.repeat("x", 2))]
[Counter("banana")["a"], Counter("abc")["z"], list(Counter("banana").most_common(1)[0]), len(Counter([1, 1]))]
[Point(1, 2).x, Point(x=1, y=2.0).y, str(Point(1, "b")), len(Point(1, 2)), [p.x for p in [Point(3, 4)]]]
[Color.RED.value, Color.BLUE.name, str(Color.RED), Color.RED == Color.RED, Color.RED == Color.BLUE, [c.value for c in Color]]
[Order(1).total, Order(2, price=1.5).price, asdict(Order(3)), str(Order(4, 1)), Order(5) == Order(5), Order(5) == Order(6), Order(7).tags]
[len(Shelf("a", "b", size=2)), str(Shelf("a", "b")), f"{Shelf.of('x,y')}", Shelf.of("x").more, Shelf.limit, Shelf().limit, Shelf("a") == Shelf("a"), str(Labelled.of("q")), bool(Shelf())]
breaking("lamp")
queued()
[quote("a b/ü~'(*)"), quote("a/b", safe=""), quote_plus("a b&c/d"), unquote("%C3%A4+%2f"), unquote_plus("a+b%20c"), urlencode({"q": "a b", "n": 2.0, "l": [1]}), urlencode({"l": [1, 2]}, doseq=True)]
[urlparse("https://u@Shop.test:8443/a/b;c?x=1#top").netloc, urlparse("https://u@Shop.test:8443/a").hostname, urlparse("/a?b").port, urlparse("http://h/p;q?r=1#f").geturl(), urlparse("/a;b/c").path, urljoin("http://h/a/b", "../c?d"), urljoin("http://h/a/", "b"), urljoin("/a/b", "c")]
[parse_qs("x=1&y=a+b&x=3&z="), [list(p) for p in parse_qsl("a=1&a=2&b")]]
[str(uuid.UUID("{12345678-1234-5678-1234-567812345678}")), uuid.UUID("12345678123456781234567812345678").hex]
[datetime.strptime("03/Feb/2026 04:05", "%d/%b/%Y %H:%M").isoformat(), datetime.fromisoformat("2026-03-04T05:06:07.5").isoformat(), datetime.fromisoformat("2026-03-04").isoformat(), datetime(2026, 1, 2, 3, 4, 5, 6, timezone.utc).isoformat(), datetime(2026, 1, 31, tzinfo=timezone.utc).timestamp(), datetime(2026, 1, 31).replace(day=1, hour=5).isoformat(), date(2026, 3, 1).isoweekday()]
[(timedelta(hours=1) * 2).total_seconds(), timedelta(seconds=90).total_seconds(), str(timedelta(days=1) * 2)]
[Path("a/b.tar.gz").suffix, Path("a/b.txt").stem, Path("a/b").name, str(Path("a") / "b" / "c.txt"), str(Path("a/b/c").parent)]
[copy.deepcopy({"a": [1.0, {"b": 2}]}), copy.copy([1.0])]
[list(one) for one in re.findall(r"(\w)(\d)?", "a1 b")]
re.findall("[a-c]", "abcd")
list(re.search(r"(?P<x>b+)(z)?", "abbb").groups())
list(re.search(r"(?P<x>b+)", "abbb").group("x", 0))
re.match("b", "ab") is None
re.fullmatch("a|ab", "ab").group()
re.sub(r"(?i)A(.)", r"<\g<1>\1>", "axAy")
bool(re.search("a$", "a\n")) and not re.search("a\Z", "a\n")
str(timedelta(days=-1, seconds=5))
str(datetime(2024, 2, 29, 23, 59, 59) + timedelta(seconds=1))
datetime(2024, 12, 31, 13, 4).strftime("%Y %y %m %d %H %I %p %M %S %f %j %a %A %b %B %w %%")
(date(2026, 1, 1) - timedelta(days=1)).isoformat()
date(2026, 1, 1) < date(2026, 1, 2)
7 // 2
-7 // 2
7 // -2
-7 % 3
7 % -3
7.5 % 2
7 / 2
2 ** 10
2 ** 0.5
str(1 + 2.0)
str(4 / 2)
str(10.0)
f"{3 / 1}"
round(2.5)
round(3.5)
round(2.675, 2)
int(-3.7)
int("  42 ")
int("ff", 16)
str(float("1e3"))
abs(-4)
bool([])
bool([0])
bool("")
bool("0")
bool({})
bool(none)
not empty
empty or "default"
words and "some"
none or 0 or "last"
"" or none
0 == False
1 == True
[1, 2] == [1, 2]
{"a": [1]} == {"a": [1]}
none is None
"a" in words
"ell" in text.lower()
"b" in nested["a"]
5 not in numbers
1 < 2 < 3
3 > 2 > 2
"abc" < "abd"
[1, 2] < [1, 3]
words[-1]
numbers[0]
words[1:]
words[:-1]
words[::-1]
words[-2:]
words[5:]
text[2:7]
text[::-1]
"word"[1]
"word"[-1]
len(letters)
letters[1]
letters[-1]
letters.upper()
sorted(words)
sorted(numbers, reverse=True)
sorted(words, key=lambda w: -ord(w))
sum(numbers)
max(numbers)
min(words)
max(words, key=len)
max(1, 2.5)
[x * 2 for x in numbers if x > 1]
[x + y for x in "ab" for y in "cd"]
{k: v for k, v in [("a", 1), ("b", 2)]}
{n: str(n) for n in range(3)}
keyed
keyed[2]
list(keyed.keys())
list(nested.keys())
[key for key in nested]
list(nested.items())[1]
nested.get("x")
nested.get("x", 7)
nested["a"]["b"][1]["c"]
dict(a=1, b=None)
{**nested["a"], "z": 1}
list(range(5, 0, -2))
list(range(3))
list(enumerate(words, 1))[0][0]
[a + b for a, b in zip(words, ["x", "y"])]
any([0, "", 1])
all([1, "a"])
text.strip()
text.split()
"a,b,,c".split(",")
"a,b,c".split(",", 1)
"  a b  ".split(" ")
",".join(words)
"-".join(str(n) for n in numbers)
"aXbX".replace("X", "$&")
"hello world".title()
"hELLO".capitalize()
"42".zfill(5)
"-42".zfill(5)
"abc".find("z")
"abc".startswith(("x", "a"))
"xxabcxx".strip("x")
"a\nb\r\nc".splitlines()
"%s is %d years and %.1f" % ("Ann", 3, 2.25)
"%05d|%-5s|%5s|%x" % (42, "ab", "cd", 255)
"%s" % [1, 2]
"100%% of %s" % "it"
"%(a)s" % {"a": 1}
"{} {}".format(1, "b")
"{0}-{0}-{1}".format("a", "b")
"{name:>6}|{n:05.1f}|{big:,}".format(name="x", n=3.14159, big=1234567)
f"{'x':^5}|{3.14159:.2f}|{255:#x}|{0.25:.0%}|{1000000:,}"
f"{words!r} {None} {True} {1.0}"
f"{'a' + 'b'}{{}}"
str(None)
str(True)
str([1, "a", None, 2.5])
str({"a": "it's"})
repr("quote\"'\n")
str(1e16)
str(1e-5)
str(123456789.123)
"ab" * 3
[0] * 3
[1] + [2]
json.dumps({"a": [1, 2.5, None, True], "b": "ü"})
json.dumps({"b": 1, "a": 2}, sort_keys=True)
json.dumps([1, 2], separators=(",", ":"))
json.loads('{"a": [1, 2.5, null]}')
base64.b64encode("ü:x".encode("utf-8")).decode("ascii")
math.floor(-2.5)
math.ceil(2.1)
string.digits
halves(20)
halves(7)
[kinds(v) for v in [None, True, 3, 2.5, "x", "", [], [0], {}, {"a": 1}]]
[guarded(w) for w in ["key", "index", "zero", "value", "type", "raise", "json", "none"]]
late(True)
late(False)
swapped(1, 2)
defaults(1)
defaults(1, c=5)
(lambda a, b: a * b)(3, 4)
"yes" if empty else "no"
isinstance(True, int)
isinstance("x", (int, str))
"a-b_c".partition("-")
" a ".isspace()
"12".isdigit()
[1, 2, 3, 2].count(2)
["a", "b"].index("b")
len({"a": 1, "b": 2})
len(set([1, 1, 2]))
`
  .trim()
  .split('\n')

/** The values of the expressions as the translated file has them, as Python writes them. */
async function translated(): Promise<string[]> {
  const body = EXPRESSIONS.map((one, i) => `        self.client.post("/${i}", name=repr(${one}))`).join('\n')
  const { text, notes } = await importLocust({
    name: 'semantics.py',
    text: `from locust import HttpUser, task\n${SETUP}\nclass All(HttpUser):\n    @task\n    def all(self):\n${body}\n`,
  })
  expect(notes[0]).toMatch(/ 0 marked /)
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 },
  })
  const modules: Readonly<Record<string, unknown>> = {
    corerush: { scenario: (one: unknown) => one },
    'corerush/python': py,
  }
  const exports: { default?: { tasks: { all: (context: unknown) => Promise<void> } } } = {}
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const load = new Function('require', 'exports', outputText) as (
    require: (name: string) => unknown,
    exports: object,
  ) => void
  load((name) => modules[name], exports)
  const found: string[] = []
  await exports.default!.tasks.all({
    http: {
      post: (_: string, { name }: { name: string }) => void found.push(name),
    },
  })
  return found
}

describe.skipIf(!hasPython)('against the real Python', () => {
  test('expressions, statements and exceptions have the values that Python gives them', async () => {
    const { stdout, stderr } = spawnSync(
      PYTHON,
      [
        '-c',
        `${SETUP}\nimport sys\nfor line in sys.stdin.read().split("\\n"):\n    value = eval(line)\n    print(repr(list(value) if isinstance(value, tuple) else value))`,
      ],
      { input: EXPRESSIONS.join('\n'), encoding: 'utf8', env: { PYTHONIOENCODING: 'utf-8' } },
    )
    expect(stderr).toBe('')
    const ofPython = stdout.trimEnd().split('\n')
    const ours = await translated()
    const pairs = (values: readonly string[]): string[] =>
      EXPRESSIONS.map((one, i) => `${one} = ${values[i]}`)
    expect(pairs(ours)).toEqual(pairs(ofPython))
  })
})
