"""The application: `app` is what Streamlit runs; a page draws what plain functions in `ui` made."""
