// Train makes the model by which samenloop tells languages apart, and measures it.
//
//	go run ./i18n/train fit DIR…      reads the texts under the directories and writes i18n/model/languages.model
//	go run ./i18n/train measure DIR…  says how well the model that is compiled in does on texts it was not trained on
//
// i18n/model/README.md says where the texts come from, and under which terms.
package main

import (
	"fmt"
	"os"

	"samenloop/i18n"
)

const modelFile = "i18n/model/languages.model"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("say what to do with which texts: fit DIR… or measure DIR…")
	}
	c := newCorpus()
	switch args[0] {
	case "fit":
		for _, dir := range args[1:] {
			if err := c.read(dir, trainedOn); err != nil {
				return err
			}
		}
		texts := c.texts()
		for _, tag := range i18n.ModelTags() {
			if len(texts[tag]) == 0 {
				return fmt.Errorf("there is no text in %q under these directories: i18n/model/README.md says what to give", tag)
			}
		}
		model := fit(c, os.Stderr)
		return os.WriteFile(modelFile, model.Bytes(), 0o644)
	case "measure":
		for _, dir := range args[1:] {
			if err := c.read(dir, func(path string) bool { return !trainedOn(path) }); err != nil {
				return err
			}
		}
		return measure(c, os.Stdout)
	}
	return fmt.Errorf("%q: say fit or measure", args[0])
}
