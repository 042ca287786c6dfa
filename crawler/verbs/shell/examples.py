"""An example or two of every verb, as they are typed: for its help and for its page of the manual.

Each has `CRAWLER_CONFIG` set, unless it says -c.
"""

EXAMPLES = {
    "add": ("crawler add --job docs https://example.org/new.html",
            "list-urls | crawler add --job docs -"),
    "audit": ("crawler audit", "crawler audit --fix --job docs"),
    "backup": ("crawler backup /backup/crawler.sqlite --force",),
    "check": ("crawler check -c crawler.yaml",),
    "completion": ("source <(crawler completion bash)",
                   "crawler completion fish > ~/.config/fish/completions/crawler.fish"),
    "demo": ("crawler demo",),
    "doctor": ("crawler doctor --deep",),
    "explain": ("crawler explain https://example.org/a.html",),
    "export": ("crawler export --kind not_found --format list",
               "crawler export --job docs --format csv > docs.csv"),
    "failures": ("crawler failures --since 1h",),
    "fetch": ("crawler fetch 'https://example.org/{a,b}.html' -o pages",
              "crawler fetch -i urls.txt -o pages --archive pages.archive"),
    "find": ("crawler find files/docs/a.html",),
    "forget": ("crawler forget --retired --older-than 90d --dry-run",),
    "host": ("crawler host example.org",),
    "hosts": ("crawler hosts --failing --sort rests",),
    "man": ("crawler man /usr/local/share/man/man1",),
    "migrate": ("crawler migrate",),
    "move": ("crawler move var/crawler.sqlite postgresql://crawler@db.example/crawler",),
    "pause": ("crawler pause --host example.org --for 2h --why 'its owner asked'",),
    "reload": ("crawler reload --dry-run", "crawler reload --wait"),
    "resume": ("crawler resume --host example.org",),
    "retry": ("crawler retry --host example.org --kind timeout",
              "crawler retry https://example.org/a.html"),
    "run": ("crawler run -c crawler.yaml", "crawler run -c crawler.yaml --until-done"),
    "schema": ("crawler schema > crawler.schema.json",),
    "set": ("crawler set --job docs delay=5s --for 1h --why 'it groans'",),
    "status": ("crawler status", "crawler status --check --processes 2"),
    "stop": ("crawler stop --wait",),
    "tail": ("crawler tail --failed -f /var/log/crawler/*.log",),
    "top": ("crawler top", "crawler top --once"),
    "unset": ("crawler unset --job docs delay",),
    "wake": ("crawler wake example.org --wait",),
    "watchdog": ("crawler watchdog -c crawler.yaml --group crawler --socket watchdog.sock",),
    "web": ("crawler web --listen 127.0.0.1:8640",),
    "wishes": ("crawler wishes",),
}  # fmt: skip


def epilog(verb: str) -> str | None:
    """Return the end of a verb's help, which click leaves as it is."""
    if verb not in EXAMPLES:
        return None
    shown = "\n".join(f"  {line}" for line in EXAMPLES[verb])
    return f"\b\nExample{'s' if len(EXAMPLES[verb]) > 1 else ''}:\n{shown}"
