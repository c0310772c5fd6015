"""pyfix: the umbrella command, for what Postfix has no command for."""

from __future__ import annotations

import json
import os
import sys

import click

from pyfixcli import __version__
from pyfixcli.base.errors import PyfixError
from pyfixcli.commands._run import complain
from pyfixcli.commands.postfix import may_control
from pyfixcli.config.load import load_config
from pyfixcli.config.locate import find_config_directory, own_directory, own_state_directory
from pyfixcli.config.own_instance import create_own_instance
from pyfixcli.config.snapshot import Config
from pyfixcli.ipc import launch


def _config(directory: str | None) -> Config:
    return load_config(find_config_directory(directory, os.environ))


def _own_config(directory: str | None) -> Config:
    """The configuration of a mail system that this user controls; others cannot even see whether it runs."""
    config = _config(directory)
    if os.geteuid() != 0 and not may_control(config):
        raise PyfixError("only the superuser, or whose instance it is, may do this")
    return config


config_option = click.option("-c", "--config", "directory", help="Configuration directory.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="pyfix %(version)s")
def cli() -> None:
    """Pyfix, a mail transfer agent: what goes beyond Postfix's commands."""


@cli.command()
def init() -> None:
    """Create your own instance, which needs no rights but yours."""
    directory = own_directory(os.environ)
    create_own_instance(directory, own_state_directory(os.environ))
    click.echo(directory)


@cli.command()
@config_option
def up(directory: str | None) -> None:
    """Start the mail system, unless it runs."""
    config = _own_config(directory)
    if launch.running_pid(config) is None:
        launch.start(config)


@cli.command()
@config_option
def down(directory: str | None) -> None:
    """Stop the mail system, if it runs."""
    config = _own_config(directory)
    if launch.running_pid(config) is not None:
        launch.stop(config)


@cli.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def status(directory: str | None, as_json: bool) -> None:
    """Show the processes of the mail system."""
    from pyfixcli.base.procinfo import read_process
    from pyfixcli.present.status_table import format_status

    config = _own_config(directory)
    if launch.running_pid(config) is None:
        raise PyfixError("the mail system is not running", 1)
    found = [read_process(role, pid) for pid, role in launch.worker_pids(config)]
    processes = [info for info in found if info is not None]
    if as_json:
        rows = [
            {"role": p.role, "pid": p.pid, "private": p.private, "cpu": p.cpu} for p in processes
        ]
        click.echo(json.dumps(rows))
    else:
        click.echo(format_status(processes))


@cli.command()
@click.option("--bindir", required=True, help="Where the commands go.")
@click.option("--group", default="postdrop", help="The group of the maildrop directory.")
def setup(bindir: str, group: str) -> None:
    """Put launchers of all commands, and the setgid postdrop, into a directory (root)."""
    from pyfixcli.commands._setup import set_up

    for note in set_up(os.path.abspath(bindir), group):
        click.echo(note, err=True)


@cli.command()
@click.argument("source")
@click.argument("target")
def salvage(source: str, target: str) -> None:
    """Save the undamaged messages of queue environment SOURCE into the new directory TARGET."""
    from pyfixcli.queue.salvage import salvage_environment

    saved = salvage_environment(source, target)
    click.echo(f"{saved.messages} messages saved, {saved.damaged} damaged records passed over")


@cli.command()
@config_option
@click.option("--compact", is_flag=True, help="Leave out free pages.")
@click.argument("target")
def backup(directory: str | None, compact: bool, target: str) -> None:
    """Copy the queue environment, consistent while mail goes on, into the directory TARGET."""
    from pyfixcli.commands._direct import open_queue
    from pyfixcli.queue.backup import copy_environment
    from pyfixcli.queue.layout import become_mail_owner

    config = _config(directory)
    become_mail_owner(config)
    environment = open_queue(config)
    if environment is None:
        raise PyfixError("there is no queue yet", 1)
    copy_environment(environment, config.queue_directory, target, compact)


@cli.command()
@config_option
@click.option("-j", "--json", "as_json", is_flag=True, help="As JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Also what was not found.")
@click.option("-s", "--sender", default="", help="The envelope sender; else the null address.")
@click.option("--client", default="", help="The SMTP client, as ADDRESS or NAME[ADDRESS].")
@click.argument("address")
@click.pass_context
def explain(
    context: click.Context,
    directory: str | None,
    as_json: bool,
    verbose: bool,
    sender: str,
    client: str,
    address: str,
) -> None:
    """Show where mail for ADDRESS goes, and what decides it at each step."""
    from pyfixcli.commands._explain import Explainer, parse_question
    from pyfixcli.present.explanation import format_json, format_text

    question = parse_question(address, sender, client)
    explainer = Explainer(_config(directory))
    sections = explainer.explain(question)
    status = explainer.status
    text = format_json(sections, status) if as_json else format_text(sections, verbose)
    click.echo(text.encode("utf-8", "surrogateescape"))
    context.exit(status)


def main(argv: list[str]) -> int:
    """Run pyfix."""
    try:
        status = cli.main(argv[1:], prog_name="pyfix", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Abort:
        return 130
    except PyfixError as error:
        complain(f"pyfix: fatal: {error}")
        return 1 if error.status is None else error.status
    return status if isinstance(status, int) else 0


def entry() -> None:
    """The installed command."""
    sys.exit(main(sys.argv))
