"""The chats people use: one file each."""
