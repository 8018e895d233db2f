"""What is differentiated: one file per problem, with the derivative written by hand."""
