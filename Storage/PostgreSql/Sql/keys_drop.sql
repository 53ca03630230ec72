SELECT hearth.keys_drop()
