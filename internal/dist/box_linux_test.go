package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// closed tells whether programs can be kept to the box: only root may.
func (b *box) closed() bool { return os.Getuid() == 0 }

// lock lets a program see nothing but the box, as the image's user.
func (b *box) lock(command *exec.Cmd) {
	user, group := b.user()
	command.SysProcAttr = &syscall.SysProcAttr{Chroot: b.folder, Credential: &syscall.Credential{Uid: user, Gid: group}}
}

// own gives a file to the image's user.
func (b *box) own(file string) {
	if !b.closed() {
		return
	}
	user, group := b.user()
	if err := os.Chown(file, int(user), int(group)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *box) user() (user, group uint32) {
	if _, err := fmt.Sscanf(b.c.only(b.t, "USER"), "%d:%d", &user, &group); err != nil {
		b.t.Fatal(err)
	}
	return user, group
}
