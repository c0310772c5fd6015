"""Delivery status notifications (bounce(8), bounce(5), RFC 3464)."""
