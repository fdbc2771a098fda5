"""What is compared with, and what it costs: editions, speed, power."""
