"""What runs by itself: each job reads state, calls one pure decision, writes, and may be run again at any time."""
