"""Tags, and attributes that staff define."""
