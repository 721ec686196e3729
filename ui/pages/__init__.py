"""The Streamlit application: `app` is its script; pages draw what pure functions compute."""
