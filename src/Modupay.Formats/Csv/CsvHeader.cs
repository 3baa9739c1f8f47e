namespace Modupay.Formats.Csv;

/// <summary>What columns are called in the languages of the banks we have met; whole names only, so that "original amount" is not the amount.</summary>
internal static class CsvHeader
{
    private static readonly Dictionary<string, string[]> Names = new(StringComparer.Ordinal)
    {
        [CsvFields.BookingDate] = ["date", "booking date", "bookingdate", "posting date", "posted date", "transaction date", "entry date", "created", "completed date",
            "buchungstag", "buchungsdatum", "buchung", "datum", "belegdatum", "date opération", "date operation", "date de comptabilisation", "date comptable", "fecha", "fecha operación", "fecha operacion",
            "boekdatum", "boekingsdatum", "transactiedatum", "data", "data operazione", "data contabile", "data operacji", "data księgowania", "datum zaúčtování", "datum provedení",
            "tranzakció dátuma", "könyvelés dátuma", "bokföringsdag", "bokföringsdatum", "bogført dato", "dato", "bokføringsdato", "kirjauspäivä", "data movimento", "data lançamento"],
        [CsvFields.ValueDate] = ["value date", "valuedate", "valuta", "valutadatum", "wertstellung", "wertstellungstag", "valutatag", "date valeur", "date de valeur", "fecha valor",
            "rentedatum", "valutadatum", "data valuta", "data waluty", "értéknap", "valutadag", "rentedato", "arvopäivä", "data valor", "valutadate", "execution date"],
        [CsvFields.Amount] = ["amount", "transaction amount", "value", "betrag", "buchungsbetrag", "umsatz", "montant", "importe", "bedrag", "importo", "kwota", "kwota operacji",
            "částka", "objem", "tranzakció összege", "összeg", "belopp", "beløb", "beløp", "määrä", "valor", "summa", "montante"],
        [CsvFields.Credit] = ["credit", "credit amount", "paid in", "money in", "inflow", "haben", "gutschrift", "crédit", "abono", "ingreso", "credito", "accrediti", "avere", "entrate", "bij", "uznania", "haber"],
        [CsvFields.Debit] = ["debit", "debit amount", "paid out", "money out", "outflow", "soll", "belastung", "lastschrift", "débit", "cargo", "gasto", "debito", "addebiti", "dare", "uscite", "af", "obciążenia", "debe", "debet"],
        [CsvFields.Flag] = ["af bij", "af/bij", "debit/credit", "credit/debit", "d/c", "c/d", "dc", "cd", "soll/haben", "s/h", "debet/credit", "bevétel/kiadás", "dr/cr", "cr/dr"],
        [CsvFields.Currency] = ["currency", "ccy", "währung", "waehrung", "buchungswährung", "devise", "moneda", "munt", "muntsoort", "valuta code", "divisa", "waluta", "měna", "tranzakció devizaneme", "devizanem", "valuutta", "moeda"],
        [CsvFields.Balance] = ["balance", "running balance", "saldo", "saldo na trn", "saldo na mutatie", "solde", "kontostand", "saldo po operacji", "zůstatek", "egyenleg"],
        [CsvFields.Name] = ["name", "payee", "counterparty", "counterparty name", "merchant", "auftraggeber/empfänger", "auftraggeber / begünstigter", "begünstigter/auftraggeber",
            "beguenstigter/zahlungspflichtiger", "begünstigter/zahlungspflichtiger", "name zahlungsbeteiligter", "empfänger", "naam", "naam tegenpartij", "naam / omschrijving", "counteraccount name", "partner neve",
            "nombre", "bénéficiaire", "beneficiario", "nadawca/odbiorca", "název protiúčtu", "merchantname", "handelaar"],
        [CsvFields.Account] = ["counterparty account", "counterparty iban", "iban", "kontonummer/iban", "kontonummer", "iban zahlungsbeteiligter", "tegenrekening", "tegenrekening iban/bban", "rekeningnummer tegenpartij",
            "partner számlaszáma", "cuenta", "číslo protiúčtu", "numer konta"],
        [CsvFields.Bic] = ["bic", "swift", "bic (swift-code)", "bic tegenpartij", "blz", "swift/bic"],
        [CsvFields.Remittance] = ["description", "details", "memo", "narrative", "remittance", "reference text", "verwendungszweck", "buchungsdetails", "transaktionsbeschreibung", "libellé", "libelle", "concepto", "descripción",
            "omschrijving", "omschrijving-1", "omschrijving-2", "omschrijving-3", "vrije mededeling", "mededelingen", "descrizione", "causale", "opis operacji", "tytuł", "popis", "zpráva pro příjemce", "message for payee", "közlemény", "meddelande", "tekst", "viesti", "descrição"],
        [CsvFields.BookingText] = ["type", "transaction type", "buchungstext", "umsatzart", "transaktionstyp", "tranzakció típusa", "statetype"],
        [CsvFields.EndToEndId] = ["end to end id", "endtoendid", "kundenreferenz (end-to-end)", "end-to-end reference", "betalingskenmerk"],
        [CsvFields.BankReference] = ["reference", "ref", "transaction id", "transactionid", "id", "referencia", "référence", "referenz", "transactiereferentie", "transaction reference number", "megbízás azonosító", "buchungsreferenz"],
        [CsvFields.MandateId] = ["mandatsreferenz", "mandate reference", "machtigingskenmerk"],
        [CsvFields.CreditorId] = ["glaeubiger id", "gläubiger-id", "gläubiger id", "incassant id"],
        [CsvFields.OwnAccount] = ["account", "account number", "auftragskonto", "iban auftragskonto", "iban auftraggeberkonto", "rekening", "rekeningnummer", "iban/bban", "bankrekening", "számlaszám"],
    };

    private static readonly Dictionary<string, string> Fields = Names
        .SelectMany(field => field.Value.Distinct(StringComparer.Ordinal).Select(name => (name, field.Key)))
        .DistinctBy(pair => pair.name, StringComparer.Ordinal)
        .ToDictionary(pair => pair.name, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Columns found in a row, or null when it is no header: a date and an amount there must be.</summary>
    public static CsvColumns? Recognise(IReadOnlyList<string> row)
    {
        var columns = new CsvColumns();
        for (var at = 0; at < row.Count; at++)
        {
            var name = Plain(row[at], out var currency);
            if (!Fields.TryGetValue(name, out var field)) continue;
            columns.Add(field, at);
            if (field is CsvFields.Amount or CsvFields.Credit or CsvFields.Debit) columns.Currency ??= currency;
        }

        var amount = columns.Has(CsvFields.Amount) || columns.Has(CsvFields.Credit) || columns.Has(CsvFields.Debit);
        return amount && (columns.Has(CsvFields.BookingDate) || columns.Has(CsvFields.ValueDate)) ? columns : null;
    }

    // "Betrag (EUR)", "Amount CZK", "bedrag in EUR": the column names its currency.
    private static string Plain(string cell, out string? currency)
    {
        currency = null;
        var name = cell.Trim().Trim('\uFEFF').ToLowerInvariant();
        var open = name.LastIndexOf('(');
        var tail = open > 0 && name.EndsWith(')') ? name[(open + 1)..^1] : name.Length > 4 && name[^4] == ' ' ? name[^3..] : null;
        if (tail is not { Length: 3 } || !CurrencyCodes.IsKnown(tail.ToUpperInvariant())) return name;
        currency = tail.ToUpperInvariant();
        return (open > 0 && name.EndsWith(')') ? name[..open] : name[..^4]).Trim();
    }
}

/// <summary>Which columns make which field.</summary>
internal sealed class CsvColumns
{
    private readonly Dictionary<string, List<int>> columns = new(StringComparer.Ordinal);

    public string? Currency { get; set; }

    public int Width { get; set; }

    public bool Has(string field) => columns.ContainsKey(field);

    public void Add(string field, int column)
    {
        if (!columns.TryGetValue(field, out var list)) columns.Add(field, list = []);
        // Several columns of text are one text; of anything else the first is meant.
        if (list.Count == 0 || field is CsvFields.Remittance) list.Add(column);
    }

    public string? Value(IReadOnlyList<string> row, string field)
    {
        if (!columns.TryGetValue(field, out var list)) return null;
        if (list.Count == 1) return list[0] < row.Count && row[list[0]].Length > 0 ? row[list[0]] : null;
        var joined = string.Join(' ', list.Where(column => column < row.Count && row[column].Length > 0).Select(column => row[column]));
        return joined.Length > 0 ? joined : null;
    }
}
