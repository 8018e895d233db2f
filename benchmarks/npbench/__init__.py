"""The kernels of NPBench, unmodified, through the survey."""
