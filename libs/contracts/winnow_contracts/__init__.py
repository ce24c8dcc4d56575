"""The words that Winnow's services share: events, topics and the models of what they carry."""
