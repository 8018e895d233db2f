"""Rules turned into machine instructions: values, the chain rule of each mode, the tape."""
