package main

import "fmt"

var backupCommand = &command{
	name:  "backup",
	args:  "FILE",
	short: `write a whole copy of the database to a new file, also while "serve" runs`,
	long: `The way back: stop samenloop, put the copy in the place of the database, remove what stands beside
it with -wal and -shm at the end of its name, "samenloop check", start. Ids and numbers are as they were;
a bot that knows a number from after the copy is told so (410) and how to go on.
The copy holds the passwords in addresses of sources, too: only you can read it.`,
	run: backup,
}

func backup(c *call) error {
	if len(c.args) != 1 {
		return wrong("backup: give one file to write")
	}
	cfg, s, err := c.openStore(true)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Backup(c, c.args[0]); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s is a whole copy of %s\n", c.args[0], cfg.Site.Database)
	return nil
}
