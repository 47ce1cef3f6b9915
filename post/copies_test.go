package post

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

//go:embed testdata/copies.txt
var articles string

// labelled is a piece and which text it is of.
type labelled struct {
	Piece
	of, how string
}

// labelledCopies are pieces of many sites. Those of one text are copies of each
// other, made as sites make them; those of a series are none, alike as they are.
func labelledCopies() (all []labelled) {
	site := 0
	add := func(of, how, language, title string, paragraphs ...string) {
		site++
		all = append(all, labelled{Piece{Site: fmt.Sprintf("site%d.example", site), Language: language,
			Date: noon.Add(time.Duration(site*7%30) * 24 * time.Hour), Title: title, Text: strings.Join(paragraphs, "\n")}, of, how})
	}
	_, rest, _ := strings.Cut(articles, "\n")
	for block := range strings.SplitSeq(strings.TrimSpace(rest), "\n\n") {
		head, body, _ := strings.Cut(block, "\n")
		language, title, _ := strings.Cut(head, " ")
		text := strings.Split(body, "\n")
		words := strings.Fields(body)
		first, _, _ := strings.Cut(text[0], ". ")
		add(title, "itself", language, title, text...)
		add(title, "with a footer", language, title, append(slices.Clone(text), map[string]string{
			"nl": "Dit bericht verscheen eerst op de site van een ander. Volg ons ook via de feed, of word donateur vanaf 5 euro per maand.",
			"en": "This piece first appeared elsewhere. Follow us by feed, or become a supporter from 5 euros a month. All rights kept, 2026.",
			"de": "Dieser Beitrag erschien zuerst an anderer Stelle. Folgt uns per Feed oder werdet Fördermitglied ab 5 Euro im Monat.",
			"fr": "Ce texte est paru ailleurs. Suivez-nous par le flux, ou devenez membre à partir de 5 euros par mois."}[language])...)
		add(title, "the first half", language, title, strings.Join(words[:len(words)/2], " ")+" […]")
		add(title, "the first lines, read more", language, title, strings.Join(words[:max(24, len(words)/5)], " ")+"… Lees meer »")
		add(title, "the first lines, with another title", language, first, strings.Join(words[:max(28, len(words)/4)], " ")+"…")
		add(title, "retitled", language, first, text...)
		add(title, "with words before it", language, title, append([]string{map[string]string{
			"nl": "Overgenomen van onze collega's, met dank.", "en": "Republished from our friends, with thanks.",
			"de": "Übernommen von unseren Freunden, mit Dank.", "fr": "Repris de nos amis, avec nos remerciements."}[language]}, text...)...)
		edited := slices.Clone(words)
		for i := 13; i < len(edited); i += 17 { // a light hand: one word in seventeen
			edited[i] += "s"
		}
		add(title, "lightly edited", language, title, strings.Join(edited, " "))
		add(title, "edited and shortened", language, title, strings.Join(slices.Delete(slices.Clone(edited), len(edited)*3/4, len(edited)), " "))
		add(title, "other markup", language, strings.ToUpper(title), Text("<h2>"+title+"</h2><div>"+strings.Join(text, "<br><br>")+"</div>"))
		add(title, "without its middle", language, title, text[0], text[2], text[3])
	}
	for i := range 6 {
		week := 40 + i
		n := func(kind, title string, text string) { add(fmt.Sprint(kind, i), kind, "nl", title, text) }
		n("open evening", "Open avond", fmt.Sprintf("Kom naar onze open avond op %d oktober. De deur gaat open om 19.30 uur en de koffie staat klaar. Neem je kapotte radio, laptop of fiets mee, "+
			"dan kijken we samen wat er nog te redden valt. De toegang is gratis, een gift is welkom. Deze keer is er een praatje over %s.", 3+i*4, []string{"radio", "kaas", "breien", "solderen", "fotograferen", "lockpicking"}[i]))
		n("weeknotes", fmt.Sprintf("Weeknotes %d", week), fmt.Sprintf("Dit is het overzicht van week %d, met wat we maakten, lazen en leerden. Zoals elke week beginnen we met de kas: er kwam %d euro binnen. "+
			"We werkten verder aan de site en spraken met leden. Volgende week gaan we door met de zaken die bleven liggen, en wie wil kan meedoen.", week, 120+i*17))
		n("job", "Vacature: "+[]string{"ontwikkelaar", "redacteur", "beleidsadviseur", "ontwerper", "penningmeester", "stagiair"}[i], fmt.Sprintf("Wij zoeken per direct een %s voor %d uur per week. "+
			"Je werkt in een klein team aan een vrij en open internet. Wij bieden een fijne werkplek bij het station, een salaris volgens onze regeling en ruimte om te leren. "+
			"Stuur je brief en cv voor het einde van de maand. Acquisitie wordt niet op prijs gesteld.", []string{"ontwikkelaar", "redacteur", "adviseur", "ontwerper", "penningmeester", "stagiair"}[i], 16+i*4))
		n("agenda", "Agenda", fmt.Sprintf("Wat is er te doen? Op %d november is er een lezing in het buurthuis en op %d november repareren we weer samen. Aanmelden kan aan de balie. "+
			"Wie zelf iets wil organiseren, kan een zaal krijgen zonder kosten. We horen het graag uiterlijk een week van tevoren.", 2+i, 9+i))
		n("quoting", "Reactie op het besluit, deel "+string(rune('A'+i)), "De minister zei gisteren dat scholen voortaan zelf mogen kiezen waar zij hun berichten plaatsen, en dat daar geld voor komt. "+
			[]string{"Wij vinden dat een verstandige stap, maar missen een termijn en een plan voor de kleinste dorpen, die nu al met te weinig mensen werken aan te veel systemen.",
				"Dat klinkt mooi, toch blijft de vraag wie straks de rekening betaalt wanneer een leverancier failliet gaat en de sleutels van de kast met zich meeneemt.",
				"Onze leden op middelbare scholen reageren verheugd: eindelijk hoeft niemand zich nog aan te melden bij een bedrijf om een rooster of een cijfer te kunnen lezen.",
				"Uit onderzoek dat wij eerder deden bleek al dat ouders liever een gewone brief krijgen, en dat leraren de vele groepjes op hun telefoon als werkdruk ervaren.",
				"Juridisch verandert er weinig, schrijft onze advocaat, want de wet verbood het delen van leerlinggegevens met derden ook zonder deze nieuwe aanwijzing al geheel.",
				"In Denemarken deed men dit tien jaar geleden; daar groeide uit een handvol scholen een landelijke dienst die nu door iedereen zonder morren wordt gebruikt."}[i])
		n("same subject", []string{"Kiezen voor een eigen server", "Zelf een server kiezen", "Een server van onszelf", "Onze server, onze keuze", "Wie kiest de server?", "De keuze voor een server"}[i],
			[]string{"Een eigen server begint met de vraag wie er 's nachts opstaat als het licht uitvalt, en pas daarna komt de vraag welk programma erop moet draaien en wat dat kost.",
				"Er zijn tientallen aanbieders die een server willen verhuren. Let bij het kiezen op de plaats van het datacentrum, de back-up en de mogelijkheid om weg te gaan.",
				"Sinds maart draait onze server op zonnepanelen van de moskee aan de overkant. In december viel hij twee keer uit, en niemand klaagde, want de thee was warm.",
				"De ledenvergadering koos met krappe meerderheid voor eigen beheer. Tegenstanders wezen op het werk, voorstanders op de vrijheid om regels zelf te schrijven.",
				"Wie een server kiest, kiest ook buren. Kijk daarom eerst een week mee op de lokale tijdlijn en lees de huisregels voordat je jouw vereniging erheen verhuist.",
				"Met een stappenplan van twee bladzijden kan elke club bepalen of huren, delen of zelf beheren past. Wij legden het voor aan negen penningmeesters en een dominee."}[i])
	}
	return all
}

// The figures of issue: precision at least 0.98, recall at least 0.95, over all pairs.
func TestCopies(t *testing.T) {
	all := labelledCopies()
	prints := make([]Print, len(all))
	keys := make([][]int64, len(all))
	for i, p := range all {
		prints[i] = NewPrint(p.Text)
		keys[i] = p.CopyKeys(prints[i])
	}
	var right, wrong, missed int
	for i, a := range all {
		for j, b := range all[:i] {
			share := slices.ContainsFunc(keys[i], func(k int64) bool { return slices.Contains(keys[j], k) })
			found := share && a.MayCopy(b.Piece, prints[i], prints[j]) && a.CopyOf(b.Piece) > 0
			if found != (share && b.MayCopy(a.Piece, prints[j], prints[i]) && b.CopyOf(a.Piece) > 0) {
				t.Errorf("%q and %q depend on their order", a.Title, b.Title)
			}
			switch {
			case found && a.of == b.of:
				right++
			case found:
				wrong++
				t.Logf("wrong: %q and %q (%s)", a.Title, b.Title, a.how)
			case a.of == b.of:
				missed++
				t.Logf("missed: %s, and %s (%.2f, share a key: %v): %q", a.how, b.how, a.CopyOf(b.Piece), share, a.of)
			}
		}
	}
	precision, recall := float64(right)/float64(right+wrong), float64(right)/float64(right+missed)
	t.Logf("%d pieces, %d pairs of copies: precision %.3f, recall %.3f", len(all), right+missed, precision, recall)
	if precision < 0.98 || recall < 0.95 {
		t.Errorf("precision %.3f, recall %.3f: want 0.98 and 0.95", precision, recall)
	}
}
