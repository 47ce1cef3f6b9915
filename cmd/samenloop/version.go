package main

import (
	"fmt"
	"runtime/debug"
)

var versionCommand = &command{
	name:  "version",
	short: "say which samenloop this is",
	run: func(c *call) error {
		if len(c.args) > 0 {
			return wrong("version takes no arguments: %q", printable(c.args[0]))
		}
		line := "samenloop " + version()
		if info, ok := debug.ReadBuildInfo(); ok {
			line += " " + info.GoVersion
			for _, s := range info.Settings {
				switch {
				case s.Key == "vcs.revision":
					line += " commit " + s.Value
				case s.Key == "vcs.modified" && s.Value == "true":
					line += ", changed"
				}
			}
		}
		fmt.Fprintln(c.stdout, line)
		return nil
	},
}

// release is the version that CHANGELOG.md describes.
const release = "0.1.0"

func version() string { return release }
