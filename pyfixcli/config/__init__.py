"""main.cf and master.cf: parsing, parameters, the immutable snapshot (postconf(5), master(5))."""
