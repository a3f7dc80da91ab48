"""A residual network for small images: arguments, loops to train and to test, a schedule, a checkpoint."""

import argparse
import math

import torch
import torch.backends.cudnn as cudnn
import torch.nn.functional as F
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset


class Stripes(Dataset):
    """Images of stripes; their direction is their class."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        place = torch.arange(8, dtype=torch.float32)
        y, x = torch.meshgrid(place, place, indexing="ij")
        target = index % 3
        angle = target * math.pi / 3
        image = torch.sin(2 * (math.cos(angle) * x + math.sin(angle) * y) + index)
        return image.unsqueeze(0), target


class Block(nn.Module):
    def __init__(self, inputs, planes, stride=1):
        super(Block, self).__init__()
        self.conv1 = nn.Conv2d(inputs, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, padding=1, groups=2, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, planes, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(planes)
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.features = nn.Sequential(Block(1, 4), Block(4, 8, stride=2))
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        out = F.avg_pool2d(self.features(x), 4)
        return F.log_softmax(self.fc(out.view(out.size(0), -1)), dim=1)


def fill(model):
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(torch.sin(torch.arange(p.numel()) * 1.7 + i).view_as(p) / math.sqrt(p[0].numel()))


def train(args, model, device, loader, optimizer, epoch):
    model.train()
    for batch, (data, target) in enumerate(loader):
        data, target = data.to(device), target.to(device, non_blocking=True)
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()
        if batch % args.log_interval == 0:
            done = batch * len(data)
            print(f"epoch {epoch} [{done}/{len(loader.dataset)}] loss {loss.item():.4f}")


def test(model, device, loader):
    model.eval()
    total, right = 0.0, 0
    with torch.no_grad():
        for data, target in loader:
            output = model(data.to(device))
            total += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            right += pred.eq(target.view_as(pred)).sum().item()
    print(f"test: loss {total / len(loader.dataset):.4f}, right {right}/{len(loader.dataset)}")
    return total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--no-cuda", action="store_true")
    parser.add_argument("--log-interval", type=int, default=2)
    parser.add_argument("--save", default="")
    args = parser.parse_args()
    use_cuda = not args.no_cuda and torch.cuda.is_available()
    torch.manual_seed(1)
    device = torch.device("cuda" if use_cuda else "cpu")
    cudnn.benchmark = True
    kwargs = {"num_workers": 1, "pin_memory": True} if use_cuda else {}
    train_loader = DataLoader(Stripes(48), batch_size=args.batch_size, **kwargs)
    test_loader = DataLoader(Stripes(30), batch_size=30, **kwargs)
    model = Net().to(device)
    fill(model)
    optimizer = optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=5e-4)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
    first = test(model, device, test_loader)
    for epoch in range(1, args.epochs + 1):
        train(args, model, device, train_loader, optimizer, epoch)
        last = test(model, device, test_loader)
        scheduler.step()
    assert last < first
    if args.save:
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, args.save)
        again = Net()
        again.load_state_dict(torch.load(args.save, map_location=device, weights_only=True)["model"])
        assert test(again, device, test_loader) == last


if __name__ == "__main__":
    main()
