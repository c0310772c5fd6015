"""Scheduling of deliveries, pure: no clock, socket or file of its own (qmgr(8))."""
