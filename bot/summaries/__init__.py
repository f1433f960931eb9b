"""Chinese summaries: what a language model is asked, what is believed of its answers, what it may cost."""
