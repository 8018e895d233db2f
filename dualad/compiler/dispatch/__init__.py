"""Dispatchers: one for each function that is compiled with active arguments, and one for each derivative.

`dispatcher` is about functions and `driver` about derivatives; both compile in `pipelines` with passes of
ours, inside the `scope` in which Numba's typing knows the ops. `values` refuses arguments that compiled code
cannot take, `signatures` carries declared ones over to active arguments, `diagnosis` says what went wrong in
the words of the user, and `interrupts` keeps signals until a compilation can stop.
"""
