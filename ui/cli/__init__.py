"""The command line. Commands import heavy modules only when run, to keep `medcite --help` fast."""
