"""The tests mirror the package: what tests a module is where its reader looks for it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "crawler"
HEIGHTS = ("policy", "parts")
PURE = "policy"
"""The room whose tests stand in the folder of their height itself."""

ACROSS = {
    "parts/web/metrics/test_alerts.py": "config/alerts.yaml",
    "parts/web/metrics/test_dashboard.py": "config/grafana.json",
    "parts/feeder/test_waking.py": "hosts that are woken, in the ledger and in memory",
    "parts/daemon/test_lost_lease.py": "visits and services that meet a lost lease",
    "parts/feeder/test_room_for_hosts.py": "feeder and leaser together",
    "parts/transport/test_head_bounds.py": "connection and head together",
    "parts/feeder/test_stories.py": "feeder, leaser and settler together, on a made-up clock",
    "parts/fetch/test_memory_budget.py": "heads and bodies of all visits together",
    "policy/test_linear.py": "whatever reads bytes of strangers",
    "parts/frontier/test_clocks.py": "the clock that processes share",
    "parts/frontier/sql/test_plans.py": "every statement of the verbs",
    "parts/frontier/test_promised_ends.py": "dead owners, hosts that move, jobs with another name",
    "parts/frontier/test_repeated.py": "all changes, works and queries, asked for twice",
    "parts/frontier/test_promised_times.py": "the times that retries, wakes and clocks leave",
    "parts/seeder/test_hostile_texts.py": "what lists of every format bring the ledger",
    "parts/frontier/test_promises.py": "what all verbs promise whoever asks again, or too late",
    "parts/frontier/sql/test_verdicts.py": "settlements and their table in docs/ledger.md",
    "parts/frontier/test_walk.py": "all verbs of the contract, at random",
    "parts/transport/test_oracles.py": "head and framing, beside other readers",
}
"""Test files that are named after no module, and what each is about."""
ELSEWHERE = {
    "__init__.py": "every test, which is patched by it",
    "__main__.py": "tests/program.py, which starts it",
    "cli.py": "daemon/test_verbs.py",
    "config/answer_options.py": "policy/test_acceptance.py",
    "config/brief.py": "policy/config/test_config.py",
    "config/checks.py": "policy/config/test_config.py",
    "config/credentials.py": "daemon/test_secrets.py",
    "config/filter_options.py": "policy/test_url_filter.py",
    "config/digests.py": "daemon/test_configurations.py",
    "config/text/document.py": "policy/config/test_config.py",
    "config/text/places.py": "policy/config/test_config.py",
    "config/text/reading.py": "policy/config/text/test_including.py",
    "config/text/values.py": "policy/config/test_config.py",
    "config/text/variables.py": "policy/config/test_config.py",
    "config/host_options.py": "policy/config/test_host_overrides.py",
    "config/job_options.py": "policy/config/test_config.py",
    "config/loading.py": "policy/config/test_config.py",
    "config/options.py": "policy/config/test_config.py",
    "config/problems.py": "policy/config/test_config.py",
    "config/settings.py": "policy/config/test_config.py",
    "config/quantities.py": "policy/config/test_config.py",
    "config/whole_file.py": "policy/config/test_config.py",
    "daemon/account.py": "daemon/test_log_lines.py",
    "daemon/log_controls.py": "daemon/test_log_lines.py",
    "daemon/configuration.py": "daemon/test_reload.py",
    "daemon/busy_watch.py": "daemon/test_local_faults.py",
    "daemon/disk.py": "daemon/test_crash.py",
    "daemon/guards/ceilings.py": "parts/daemon/guards/test_guards.py",
    "daemon/guards/measures.py": "parts/daemon/guards/test_guards.py",
    "daemon/guards/stacks.py": "daemon/test_hung.py",
    "daemon/guards/rooms.py": "parts/daemon/guards/test_guards.py",
    "daemon/identity.py": "daemon/test_ledger_identity.py",
    "daemon/keeper.py": "daemon/test_crash.py",
    "daemon/meaning.py": "daemon/test_meaning.py",
    "daemon/opening.py": "daemon/test_local_faults.py",
    "daemon/outcomes.py": "daemon/test_local_faults.py",
    "daemon/output_watch.py": "daemon/test_output_folder.py",
    "daemon/process.py": "daemon/test_stop.py",
    "daemon/service_manager.py": "daemon/test_service_manager.py",
    "daemon/signals.py": "daemon/test_signals.py",
    "daemon/text_version.py": "daemon/test_included_jobs.py",
    "daemon/telling.py": "daemon/test_status_at_night.py",
    "daemon/until_done.py": "daemon/test_crash.py",
    "daemon/upgrading.py": "daemon/test_upgrade.py",
    "daemon/change.py": "daemon/test_reload.py",
    "daemon/wishes/__init__.py": "daemon/test_pausing.py",
    "daemon/wishes/waking.py": "daemon/test_pausing.py",
    "daemon/visiting.py": "parts/daemon/test_app_rude_table.py",
    "daemon/visit_context.py": "daemon/test_output_folder.py",
    "early_signals.py": "daemon/test_signals.py",
    "errors.py": "values alone",
    "feeder/leaser.py": "parts/feeder/test_stories.py",
    "feeder/paced.py": "parts/feeder/test_review.py",
    "feeder/terms.py": "parts/feeder/test_withdrawal.py",
    "feeder/refills.py": "parts/feeder/test_feeder.py",
    "fetch/body.py": "parts/fetch/test_limits.py",
    "fetch/failures.py": "parts/fetch/test_fetcher.py",
    "fetch/intake.py": "parts/fetch/test_limits.py",
    "fetch/rates.py": "daemon/test_fetch_requests.py",
    "fetch/reading.py": "parts/fetch/test_fetcher.py",
    "frontier/sql/rows/addresses.py": "parts/frontier/sql/visits/test_turns.py",
    "frontier/sql/visits/clock.py": "parts/daemon/test_clock.py",
    "frontier/sql/visits/paces.py": "parts/feeder/test_review.py",
    "frontier/sql/rows/course.py": "parts/frontier/test_clocks.py",
    "frontier/sql/rows/terms.py": "parts/frontier/sql/visits/test_turns.py",
    "frontier/classes.py": "parts/frontier/sql/visits/test_turns.py",
    "frontier/entries.py": "values alone",
    "frontier/local_verbs.py": "daemon/test_local_faults.py",
    "frontier/process_verbs.py": "parts/frontier/sql/visits/test_owners.py",
    "frontier/clock.py": "parts/frontier/test_clocks.py",
    "frontier/contract.py": "parts/frontier/test_frontier.py",
    "frontier/sqlite/file/database.py": "parts/frontier/sqlite/test_sqlite.py",
    "frontier/sql/visits/jobs.py": "parts/frontier/sql/lists/test_lists.py",
    "frontier/actions.py": "values alone",
    "frontier/answers.py": "values alone",
    "frontier/list_values.py": "values alone",
    "frontier/hosts.py": "values alone",
    "frontier/sql/desk/backlog.py": "parts/verbs/test_status.py",
    "frontier/sql/desk/watching.py": "daemon/test_top.py",
    "frontier/sql/visits/under_way.py": "daemon/test_top.py",
    "frontier/sql/desk/failing.py": "parts/frontier/sql/rows/test_failures.py",
    "frontier/sql/desk/host_tables.py": "parts/verbs/test_hosts.py",
    "frontier/questions.py": "values alone",
    "feeder/judged.py": "policy/feeder/test_own_hosts.py",
    "frontier/queries.py": "values alone",
    "frontier/metrics.py": "values alone",
    "frontier/outbox.py": "values alone",
    "frontier/outbox_verbs.py": "parts/frontier/sql/outbox/test_telling.py",
    "frontier/sql/engine_outbox.py": "parts/frontier/sql/outbox/test_telling.py",
    "frontier/sql/outbox/owning.py": "parts/frontier/sql/outbox/test_telling.py",
    "frontier/sql/tables/outbox_tables.py": "parts/frontier/sql/tables/test_ledger.py",
    "web/metrics/jobs.py": "parts/web/metrics/test_metrics.py",
    "web/metrics/processes.py": "parts/web/metrics/test_metrics.py",
    "web/metrics/totals.py": "parts/web/metrics/test_metrics.py",
    "frontier/sql/desk/measured.py": "parts/frontier/sql/visits/test_sampling.py",
    "frontier/sql/tables/metric_tables.py": "parts/frontier/sql/tables/test_ledger.py",
    "frontier/sums.py": "values alone",
    "frontier/texts.py": "parts/frontier/test_desk_verbs.py",
    "frontier/wishes.py": "parts/frontier/sql/desk/test_wishes.py",
    "frontier/sql/tables/wish_tables.py": "parts/frontier/sql/tables/test_ledger.py",
    "frontier/sqlite/file/listening.py": "parts/frontier/sql/desk/test_wishes.py",
    "frontier/sql/rows/pauses.py": "parts/frontier/sql/desk/test_wishes.py",
    "frontier/sql/desk/waking.py": "parts/feeder/test_waking.py",
    "frontier/sql/rows/woken.py": "parts/feeder/test_waking.py",
    "frontier/sql/rows/wished.py": "parts/frontier/sql/desk/test_wishes.py",
    "frontier/sql/desk/asking.py": "parts/frontier/test_desk_verbs.py",
    "frontier/sql/desk/changing.py": "parts/frontier/test_desk_verbs.py",
    "frontier/sql/engine_desk.py": "parts/frontier/test_desk_verbs.py",
    "frontier/sqlite/outside.py": "parts/frontier/test_desk_verbs.py",
    "frontier/list_verbs.py": "parts/frontier/sql/lists/test_passes.py",
    "frontier/sql/rows/leased.py": "parts/frontier/test_walk.py",
    "frontier/sql/tables/sum_tables.py": "parts/frontier/test_walk.py",
    "frontier/sql/tables/visit_tables.py": "parts/frontier/sql/rows/test_visited.py",
    "frontier/sqlite/file/visits_apart.py": "parts/frontier/sqlite/file/test_migrations.py",
    "frontier/sql/tables/accounts.py": "parts/frontier/sql/tables/test_ledger.py",
    "frontier/sql/tables/list_tables.py": "parts/frontier/sql/tables/test_ledger.py",
    "frontier/sqlite/file/locking.py": "parts/frontier/sqlite/test_sqlite.py",
    "frontier/sql/rows/names.py": "parts/frontier/test_frontier.py",
    "frontier/sql/lists/new_urls.py": "parts/frontier/test_frontier.py",
    "frontier/sql/lists/finding.py": "parts/frontier/sql/lists/test_portions.py",
    "frontier/sql/rows/fingerprints.py": "parts/frontier/sqlite/file/test_merging.py",
    "frontier/copying/copier.py": "parts/frontier/copying/test_moving.py",
    "frontier/copying/ends.py": "parts/frontier/copying/test_digest.py",
    "frontier/moves.py": "parts/frontier/copying/test_moving.py",
    "frontier/copying/marks.py": "parts/frontier/copying/test_moving.py",
    "frontier/sqlite/copying.py": "parts/frontier/copying/test_moving.py",
    "frontier/postgres/origin.py": "parts/frontier/postgres/test_backup.py",
    "frontier/postgres/copying.py": "parts/frontier/copying/test_moving.py",
    "frontier/postgres/migrations.py": "parts/frontier/postgres/test_upgrade.py",
    "frontier/postgres/versions.py": "parts/frontier/postgres/test_upgrade.py",
    "frontier/postgres/functions.py": "parts/frontier/test_desk_verbs.py",
    "frontier/postgres/opening.py": "parts/frontier/postgres/test_transactions.py",
    "frontier/postgres/schema.py": "parts/frontier/test_frontier.py",
    "frontier/sqlite/file/temporary.py": "parts/frontier/sql/rows/test_staging.py",
    "frontier/sqlite/file/older.py": "daemon/test_upgrade.py",
    "frontier/sql/engine.py": "parts/frontier/test_frontier.py",
    "frontier/sql/held.py": "parts/frontier/sqlite/test_sqlite.py",
    "frontier/sql/states.py": "parts/frontier/sql/test_verdicts.py",
    "frontier/sql/connection.py": "parts/frontier/sqlite/file/test_procedures.py",
    "frontier/sql/procedures.py": "parts/frontier/sqlite/file/test_procedures.py",
    "frontier/sql/rows/file.py": "parts/frontier/sqlite/test_sqlite.py",
    "frontier/sql/lists/seed_rows.py": "parts/frontier/sql/lists/test_portions.py",
    "frontier/process.py": "parts/frontier/sql/visits/test_owners.py",
    "frontier/sql/rows/readiness.py": "parts/frontier/sql/visits/test_turns.py",
    "frontier/sqlite/engine.py": "parts/frontier/sqlite/test_sqlite.py",
    "frontier/sql/lists/chunks.py": "parts/frontier/sql/lists/test_lists.py",
    "frontier/sql/engine_lists.py": "parts/frontier/sql/lists/test_passes.py",
    "frontier/sql/lists/renaming.py": "daemon/test_audit.py",
    "frontier/sql/lists/retiring.py": "parts/frontier/sql/lists/test_lists.py",
    "frontier/sql/lists/weighing.py": "parts/frontier/sql/lists/test_passes.py",
    "frontier/sql/rows/tasks.py": "parts/frontier/test_frontier.py",
    "frontier/sqlite/file/transactions.py": "parts/frontier/sqlite/test_sqlite.py",
    "frontier/sqlite/file/upgrade.py": "parts/frontier/sqlite/file/test_migrations.py",
    "frontier/sqlite/file/first_migrations.py": "parts/frontier/sqlite/file/test_migrations.py",
    "frontier/values.py": "values alone",
    "frontier/sql/visits/beats.py": "parts/frontier/sql/visits/test_owners.py",
    "frontier/sql/visits/reclaiming.py": "parts/frontier/sql/visits/test_owners.py",
    "frontier/sql/visits/found.py": "parts/frontier/sql/visits/test_homes.py",
    "frontier/sql/visits/ready.py": "parts/frontier/sql/visits/test_turns.py",
    "frontier/sql/visits/fair_share.py": "parts/frontier/sql/visits/test_turns.py",
    "frontier/sql/rows/slices.py": "parts/frontier/sql/visits/test_tidying.py",
    "frontier/work.py": "parts/frontier/sql/visits/test_refitting.py",
    "frontier/sql/visits/settling.py": "parts/frontier/test_frontier.py",
    "frontier/sqlite/file/damage.py": "daemon/test_doctor.py",
    "frontier/sql/desk/believing.py": "daemon/test_shrunk_lists.py",
    "frontier/sql/desk/entries.py": "parts/verbs/test_explain.py",
    "frontier/sql/desk/waits.py": "daemon/test_long_waits.py",
    "log/contract.py": "values alone",
    "log/event_log.py": "parts/log/test_log.py",
    "log/json_lines.py": "parts/log/test_log.py",
    "log/values.py": "parts/log/test_log.py",
    "model.py": "values alone",
    "policy/body_search.py": "policy/test_acceptance.py",
    "policy/media_types.py": "policy/test_acceptance.py",
    "policy/sites.py": "policy/test_acceptance.py",
    "policy/statuses.py": "policy/test_acceptance.py",
    "policy/retry_rules.py": "policy/test_retry.py",
    "policy/remembered.py": "policy/test_politeness.py",
    "policy/host_limits.py": "policy/test_politeness.py",
    "policy/log_events.py": "tree/test_manual.py",
    "policy/frames.py": "parts/fetch/test_decode.py",
    "policy/addresses.py": "parts/transport/test_dial_guard.py",
    "policy/http_grammar.py": "parts/transport/test_oracles.py",
    "policy/jitter.py": "policy/test_retry.py",
    "policy/robots_answer.py": "policy/test_robots.py",
    "records.py": "values alone",
    "policy/findings.py": "policy/test_supervision.py",
    "seeder/job_lists.py": "daemon/test_shrunk_lists.py",
    "seeder/reading.py": "daemon/test_reload.py",
    "seeder/roster.py": "daemon/test_reload.py",
    "seeder/seeder.py": "daemon/test_reload.py",
    "seeder/seeds.py": "daemon/test_reload.py",
    "seeder/spool.py": "daemon/test_reload.py",
    "seeder/waking.py": "daemon/test_reload.py",
    "sources/contract.py": "values alone",
    "sources/meaning.py": "daemon/test_meaning.py",
    "sources/heads.py": "parts/sources/test_formats.py",
    "sources/markup.py": "parts/sources/test_sitemap_files.py",
    "sources/short_files.py": "parts/seeder/test_new_files.py",
    "sources/taken_files.py": "parts/sources/test_inbox.py",
    "sources/sitemap_entries.py": "parts/sources/test_sitemap_files.py",
    "sources/json_lines.py": "parts/sources/test_formats.py",
    "sources/tables.py": "parts/sources/test_formats.py",
    "sources/texts.py": "parts/sources/test_formats.py",
    "programs/group.py": "parts/sources/test_commands.py",
    "programs/guard.py": "parts/sources/test_commands.py",
    "programs/running.py": "parts/sources/test_commands.py",
    "store/files.py": "parts/store/test_store.py",
    "store/comparing.py": "daemon/test_audit.py",
    "store/folders.py": "parts/store/test_store.py",
    "store/paths.py": "daemon/test_resume.py",
    "store/removing.py": "daemon/test_audit.py",
    "store/writing.py": "parts/store/test_store.py",
    "threads.py": "parts/frontier/sqlite/test_sqlite.py",
    "transport/adapter.py": "parts/fetch/test_fetcher.py",
    "transport/body_framing.py": "parts/transport/test_connection_in_pieces.py",
    "transport/memory.py": "parts/fetch/test_memory_budget.py",
    "transport/request_bytes.py": "parts/fetch/test_request.py",
    "transport/resolver.py": "parts/transport/test_dial.py",
    "transport/sessions.py": "parts/transport/test_idle.py",
    "transport/socks.py": "parts/transport/test_routes.py",
    "verbs/adopting.py": "daemon/test_adopting.py",
    "verbs/stores.py": "daemon/test_stores.py",
    "verbs/answer.py": "daemon/test_web.py",
    "verbs/audit.py": "daemon/test_audit.py",
    "verbs/auditing.py": "daemon/test_audit.py",
    "verbs/check.py": "daemon/test_verbs.py",
    "verbs/migrate.py": "daemon/test_move.py",
    "verbs/move.py": "daemon/test_move.py",
    "verbs/demo.py": "daemon/test_verbs.py",
    "verbs/desk.py": "daemon/test_desk.py",
    "verbs/desk_options.py": "daemon/test_desk.py",
    "verbs/explain/__init__.py": "parts/verbs/test_explain.py",
    "verbs/explain/account.py": "parts/verbs/test_explain.py",
    "verbs/explain/case.py": "parts/verbs/test_explain.py",
    "verbs/explain/decision.py": "parts/verbs/test_explain.py",
    "verbs/explain/left_out.py": "daemon/test_filters.py",
    "verbs/explain/unknown_url.py": "parts/verbs/test_explain.py",
    "verbs/explain/waiting.py": "parts/verbs/test_explain.py",
    "verbs/doctor/books.py": "daemon/test_doctor.py",
    "verbs/doctor/command.py": "daemon/test_doctor.py",
    "verbs/doctor/examination.py": "daemon/test_doctor.py",
    "verbs/doctor/machine.py": "daemon/test_doctor.py",
    "verbs/doctor/network.py": "daemon/test_doctor.py",
    "verbs/doctor/service.py": "daemon/test_doctor.py",
    "daemon/by_hand.py": "daemon/test_fetch_command.py",
    "verbs/fetch/archive.py": "daemon/test_fetch_command.py",
    "verbs/fetch/bar.py": "parts/verbs/fetch/test_report.py",
    "verbs/fetch/bearing.py": "daemon/test_long_waits.py",
    "verbs/fetch/command.py": "daemon/test_fetch_command.py",
    "verbs/fetch/files_there.py": "daemon/test_fetch_files.py",
    "verbs/fetch/leftovers.py": "daemon/test_fetch_command.py",
    "verbs/fetch/options.py": "daemon/test_fetch_command.py",
    "verbs/fetch/run.py": "daemon/test_fetch_command.py",
    "verbs/fetch/typed.py": "daemon/test_fetch_requests.py",
    "verbs/find.py": "daemon/test_find.py",
    "verbs/flag_servers.py": "daemon/test_verbs.py",
    "verbs/columns.py": "parts/verbs/test_hosts.py",
    "verbs/tail/__init__.py": "daemon/test_tail.py",
    "verbs/tail/files.py": "daemon/test_tail.py",
    "verbs/hosts/__init__.py": "parts/verbs/test_hosts.py",
    "verbs/hosts/account.py": "parts/verbs/test_hosts.py",
    "verbs/hosts/asked.py": "parts/verbs/test_hosts.py",
    "verbs/hosts/failures.py": "parts/verbs/test_hosts.py",
    "verbs/hosts/state.py": "parts/verbs/test_hosts.py",
    "verbs/hosts/table.py": "parts/verbs/test_hosts.py",
    "verbs/hosts_verbs.py": "daemon/test_hosts_at_night.py",
    "verbs/top/__init__.py": "daemon/test_top.py",
    "verbs/top/command.py": "daemon/test_top.py",
    "verbs/top/prompt.py": "daemon/test_top.py",
    "verbs/top/terminal.py": "daemon/test_top.py",
    "verbs/top/view.py": "daemon/test_top.py",
    "verbs/holding.py": "daemon/test_configurations.py",
    "verbs/importing.py": "daemon/test_verbs.py",
    "verbs/ledger.py": "daemon/test_desk.py",
    "verbs/orders/__init__.py": "daemon/test_orders.py",
    "verbs/orders/options.py": "daemon/test_orders.py",
    "verbs/orders/preview.py": "daemon/test_desk.py",
    "verbs/orders/processes.py": "daemon/test_desk.py",
    "verbs/orders/reloading.py": "daemon/test_orders.py",
    "verbs/orders/stopping.py": "daemon/test_orders.py",
    "verbs/orders/telling.py": "daemon/test_orders.py",
    "verbs/orders/waiting.py": "daemon/test_orders.py",
    "verbs/shell/completion.py": "daemon/test_command_line.py",
    "verbs/shell/examples.py": "daemon/test_command_line.py",
    "verbs/shell/man.py": "daemon/test_command_line.py",
    "verbs/shell/roff.py": "daemon/test_command_line.py",
    "verbs/status/__init__.py": "parts/verbs/test_status.py",
    "verbs/status/account.py": "parts/verbs/test_status.py",
    "verbs/status/check.py": "parts/verbs/test_status.py",
    "verbs/status/eta.py": "parts/verbs/test_status.py",
    "verbs/status/processes.py": "parts/verbs/test_status.py",
    "verbs/status/room.py": "parts/verbs/test_status.py",
    "verbs/status/waits.py": "parts/verbs/test_status.py",
    "verbs/status_verb.py": "daemon/test_status_at_night.py",
    "verbs/status/idle.py": "parts/verbs/test_status.py",
    "verbs/urls/__init__.py": "daemon/test_single_urls.py",
    "verbs/urls/adding.py": "daemon/test_single_urls.py",
    "verbs/urls/forgetting.py": "daemon/test_audit.py",
    "verbs/urls/given.py": "daemon/test_given_urls.py",
    "verbs/urls/intake.py": "daemon/test_single_urls.py",
    "verbs/urls/resting.py": "daemon/test_waking_hosts.py",
    "verbs/urls/retrying.py": "daemon/test_single_urls.py",
    "verbs/urls/single.py": "daemon/test_single_urls.py",
    "verbs/watchdog/command.py": "daemon/test_watchdog.py",
    "verbs/watchdog/supervisord.py": "daemon/test_watchdog.py",
    "verbs/wishes/listing.py": "daemon/test_pausing.py",
    "verbs/wishes/pausing.py": "daemon/test_pausing.py",
    "verbs/wishes/setting.py": "daemon/test_setting.py",
    "verbs/wishes/standing.py": "daemon/test_pausing.py",
    "verbs/wishes/values.py": "daemon/test_setting.py",
    "verbs/wishes/waking.py": "daemon/test_waking_hosts.py",
    "verbs/wishes/words.py": "daemon/test_pausing.py",
    "verbs/status/snapshot.py": "parts/verbs/test_status.py",
    "web/answers.py": "daemon/test_web.py",
    "web/apart.py": "daemon/test_web_waiting.py",
    "web/app.py": "daemon/test_web_access.py",
    "web/command.py": "daemon/test_web_access.py",
    "web/handler.py": "daemon/test_web_access.py",
    "web/ledgers.py": "daemon/test_web.py",
    "web/listening.py": "daemon/test_web.py",
    "web/media.py": "values alone",
    "web/reply.py": "daemon/test_web_access.py",
    "web/api/words.py": "policy/web/api/test_openapi.py",
    "web/api/pages.py": "daemon/test_web.py",
    "web/problems.py": "daemon/test_web.py",
    "web/request.py": "daemon/test_web_access.py",
    "web/server.py": "daemon/test_web.py",
    "worker/bodies.py": "parts/test_settler.py",
    "worker/guard.py": "parts/test_settler.py",
    "worker/judge.py": "parts/test_settler.py",
    "worker/reservations.py": "parts/test_settler.py",
    "worker/visit.py": "parts/worker/test_worker.py",
}
"""Modules without a test file of their own, and what tests each."""


def rooms(test: Path) -> list[Path]:
    """Return the folders of the package that a test file may speak of."""
    _, *folders, _ = test.relative_to(ROOT / "tests").parts
    return [PACKAGE.joinpath(*folders)] if folders else [PACKAGE / PURE, PACKAGE]


def modules(room: Path) -> set[str]:
    """Return the names of a room: its modules, its own and those of the rooms in it."""
    inside = {one.stem for one in room.glob("*.py")} | {
        one.parent.name for one in room.glob("*/__init__.py")
    }
    return (inside | {room.name}) - {"__init__", "__main__"}


def files() -> list[Path]:
    return sorted(
        test for height in HEIGHTS for test in (ROOT / "tests" / height).rglob("test_*.py")
    )


def names(test: Path) -> set[str]:
    """Return what a test file may be named after: `test_a_b` after `a_b`, or `a` and more."""
    words = test.stem.split("_")[1:]
    return {"_".join(words[:number]) for number in range(1, len(words) + 1)}


@pytest.mark.parametrize("height", HEIGHTS)
def test_every_test_file_is_named_after_a_module_of_its_room(height):
    lost = {
        str(test.relative_to(ROOT / "tests"))
        for test in files()
        if test.is_relative_to(ROOT / "tests" / height)
        and not any(names(test) & modules(room) for room in rooms(test))
    }
    assert lost == {name for name in ACROSS if name.startswith(height)}


def test_every_module_has_a_test_file_or_is_known_to_be_tested_elsewhere():
    tested = {(room, name) for test in files() for room in rooms(test) for name in names(test)}
    without = set()
    for module in PACKAGE.rglob("*.py"):
        name = module.parent.name if module.stem == "__init__" else module.stem
        if (module.parent, name) not in tested and module.read_text().count("\n") > 1:
            without.add(str(module.relative_to(PACKAGE)))
    assert without == set(ELSEWHERE)


def test_what_tests_a_module_elsewhere_is_there():
    named = {file for file in ELSEWHERE.values() if file.endswith(".py") and "/" in file}
    assert not {file for file in named if not (ROOT / "tests" / file).exists()}


def test_no_test_of_the_contract_looks_into_an_engine():
    """What every engine runs through stands beside the rooms of engines, and asks by verbs."""
    walk = {
        "invariants.py",
        "operator.py",
        "test_walk.py",
        "walk.py",
    }  # its invariants are those of the file
    for file in (ROOT / "tests" / "parts" / "frontier").glob("*.py"):
        if file.name not in walk:
            assert not re.search(r"sqlite|\bexecute\(|\._file\b", file.read_text()), file


def test_nothing_lies_at_the_top_that_has_no_place_there():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {name.partition("/")[0] for name in listed} <= {
        ".ci", ".containerignore", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md",
        "Containerfile", "LICENSE", "README.md", "config", "crawler", "docs", "pyproject.toml",
        "setup.cfg", "supervisord.conf", "tests",
    }  # fmt: skip
