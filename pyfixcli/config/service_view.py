"""The configuration as a service of master.cf sees it (master(5): ``-o name=value``)."""

from __future__ import annotations

from pyfixcli.config.master_cf import Service
from pyfixcli.config.snapshot import Config


def service_config(config: Config, services: list[Service], name: str, kind: str = "") -> Config:
    """The view of a service: main.cf with the ``-o`` overrides of its line in master.cf."""
    for service in services:
        if service.name == name and (not kind or service.type == kind):
            named = ("service_name", service.name)
            return config.with_overrides((named, *service.overrides))
    return config
