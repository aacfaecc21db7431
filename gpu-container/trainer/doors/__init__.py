"""The ways in which a job comes to the trainer. Invariant: each ends in trainer.job; none computes anything itself."""
