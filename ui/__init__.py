"""The user interfaces: the command line `medcite`, the Streamlit application and the server."""
