// Command samenloop reads the posts of many sites, keeps those on a topic, and
// gives them back as feeds and pages. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

// command is one thing the program does.
type command struct {
	name  string
	args  string // in usage
	short string // one line
	long  string // what a newcomer needs to know besides the flags
	run   func(*call) error
	flags func(*flag.FlagSet) // besides -config; may be nil
}

// commands in the order of help.
var commands = []*command{
	serveCommand,
	pollCommand,
	inspectCommand,
	explainCommand,
	feedCommand,
	sourceCommand,
	proposalCommand,
	postCommand,
	storyCommand,
	journalCommand,
	operatorCommand,
	checkCommand,
	exportCommand,
	backupCommand,
	versionCommand,
}

// call is one use of a command.
type call struct {
	context.Context
	*command
	args   []string
	config string // path of the configuration
	// configGiven says that somebody named that path.
	configGiven bool
	given       []string // names of the flags that somebody gave

	stdin          io.Reader
	stdout, stderr io.Writer
}

// usageError is a wrong way to call: exit code 2.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func wrong(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errTold ends a command whose trouble was shown already: exit code 1.
var errTold = errors.New("told already")

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// memoryGoal is where the collector begins to work harder; what is read is limited so that it can keep to it.
const memoryGoal = 80 << 20 // bytes; the program itself and SQLite take some 35 more

// garbagePercent is how much may be thrown away before the collector looks for it, of what
// is in use: half more than usual, which a round pays for with 6 MB and gets back as one
// twentieth of its computing.
const garbagePercent = 150

// run is the program: 0 when all is well, 1 when something that was asked for
// failed, 2 for wrong usage or configuration.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) == 0 {
		help(stderr)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		if len(args) > 1 {
			args = []string{args[1], "-h"}
			break
		}
		help(stdout)
		return 0
	}
	for _, c := range commands {
		if c.name == args[0] {
			err := start(ctx, c, args[1:], stdin, stdout, stderr)
			if ctx.Err() != nil {
				stop() // a second signal ends at once
			}
			return exit(stderr, err)
		}
	}
	fmt.Fprintf(stderr, "samenloop: there is no command %q; \"samenloop help\" lists them\n", printable(args[0]))
	return 2
}

func start(ctx context.Context, c *command, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	call := &call{Context: ctx, command: c, stdin: stdin, stdout: stdout, stderr: stderr}
	set := flag.NewFlagSet(c.name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&call.config, "config", "config.toml", "the configuration `file`")
	if c.flags != nil {
		c.flags(set)
	}
	var err error
	if call.args, err = parse(set, args); errors.Is(err, flag.ErrHelp) {
		c.help(stdout, set)
		return nil
	} else if err != nil {
		return wrong("%s: %v; \"samenloop help %s\" shows how it is used", c.name, err, c.name)
	}
	set.Visit(func(f *flag.Flag) {
		call.given = append(call.given, f.Name)
		call.configGiven = call.configGiven || f.Name == "config"
	})
	return c.run(call)
}

// parse takes flags wherever they stand between the arguments, which it returns; after "--" there are none.
func parse(set *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := set.Parse(args); err != nil {
			return nil, err
		}
		n := set.NArg()
		if n == 0 || n < len(args) && args[len(args)-n-1] == "--" {
			return append(rest, set.Args()...), nil
		}
		rest, args = append(rest, set.Arg(0)), set.Args()[1:]
	}
}

// exit says what went wrong and gives the code to end with.
func exit(stderr io.Writer, err error) int {
	var usage *usageError
	var config *configError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errTold):
		return 1
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "samenloop: stopped")
		return 1
	case errors.As(err, &usage), errors.As(err, &config):
		fmt.Fprintf(stderr, "samenloop: %v\n", err)
		return 2
	}
	fmt.Fprintf(stderr, "samenloop: %s\n", printable(err.Error()))
	return 1
}

func help(w io.Writer) {
	fmt.Fprint(w, "samenloop reads the posts of many sites, keeps those on a topic, and gives them back as feeds and pages.\n\nusage: samenloop COMMAND [arguments] [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-26s %s\n", strings.TrimSpace(c.name+" "+c.args), c.short)
	}
	fmt.Fprint(w, "\n\"samenloop help COMMAND\" tells more. A first look, without network or configuration: samenloop serve -demo\n")
}

func (c *command) help(w io.Writer, set *flag.FlagSet) {
	fmt.Fprintf(w, "usage: samenloop %s [flags]\n\n%s.\n", strings.TrimSpace(c.name+" "+c.args), c.short)
	if c.long != "" {
		fmt.Fprintf(w, "\n%s\n", c.long)
	}
	fmt.Fprint(w, "\nflags:\n")
	set.SetOutput(w)
	set.PrintDefaults()
}

// readConfig reads the configuration of the call.
func (c *call) readConfig() (*config, error) { return readConfig(c.config) }

// parseTime reads -now.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, wrong("-now %s: write the time like 2026-11-23T12:00:00Z", printable(s))
	}
	return t, nil
}
