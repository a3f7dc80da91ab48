"""What programs take from torchvision to read and change pictures; its networks are not here."""
