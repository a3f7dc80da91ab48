"""What programs take from torchvision: pictures read and changed, and networks for photographs."""
