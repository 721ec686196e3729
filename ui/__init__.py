"""What people see: the command line `medcite` and the Streamlit application."""
