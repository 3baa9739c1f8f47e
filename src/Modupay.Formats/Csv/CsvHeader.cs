namespace Modupay.Formats.Csv;

/// <summary>What columns are called in the languages of the banks we have met; whole names only, so that "original amount" is not the amount.</summary>
internal static class CsvHeader
{
    private static readonly Dictionary<string, string[]> Words = new(StringComparer.Ordinal)
    {
        [CsvFields.BookingDate] =
        [
            "date", "booking date", "bookingdate", "booked at", "posting date", "post date", "posted date", "posted transactions date", "transaction date", "trans date",
            "tran date", "trans. date", "entry date", "effective date", "created", "completed date", "date completed", "date/time", "booked", "buchungstag", "buchungsdatum",
            "buchung", "datum", "belegdatum", "date opération", "date operation", "date op", "dateop", "date d'opération", "date de l'opération", "date de comptabilisation",
            "date comptable", "date comptabilisation", "fecha", "fecha operación", "fecha operacion", "fecha de operación", "fecha contable", "f. operación", "f.operacion",
            "boekdatum", "boekingsdatum", "transactiedatum", "uitvoeringsdatum", "rentedatum boeking", "data", "data operazione", "data contabile", "data registrazione",
            "data operacji", "data transakcji", "data księgowania", "data ksiegowania", "data tranzactie", "data tranzacției", "data tranzactiei", "data movimento",
            "data lançamento", "data lanç.", "data lancamento", "data mov.", "data do movimento", "datum zaúčtování", "datum provedení", "datum uskutečnění transakce",
            "datum transakce", "datum zaúčtovania", "dátum", "dátum zaúčtovania", "tranzakció dátuma", "könyvelés dátuma", "könyvelési dátum", "tranzakció időpontja",
            "bokföringsdag", "bokföringsdatum", "bokfdag", "bokförd", "transaktionsdatum", "transdag", "bogført dato", "bogføringsdato", "dato", "bokføringsdato",
            "bokført dato", "bokført", "utført dato", "kirjauspäivä", "maksupäivä", "kirjattu", "pvm", "kuupäev", "kande kuupäev", "datums", "tarih", "işlem tarihi",
            "tarih/saat", "data zaksięgowania", "trade date",
            "timestamp", "day", "date posted", "data inregistrare", "data înregistrare", "posted", "txn date", "date and time", "transaction date and time", "date of transaction", "date transaction",
            "date de transaction", "fecha movimiento", "fecha mov.", "fecha de la operación", "datum zpracování", "datum odepsání", "datum transakcije", "datum knjiženja",
            "reskontradatum", "transaktionsdag", "transaktionsdato", "buchungsdat.", "dátum zaúčtovania transakcie", "дата", "дата операции", "дата проводки", "ημερομηνία", "תאריך",
        ],
        [CsvFields.ValueDate] =
        [
            "value date", "valuedate", "val. date", "value dt", "valuation date", "valuta", "valuta date", "valutadatum", "wert", "wertstellung", "wertstellung (valuta)",
            "wertstellungstag", "valutatag", "date valeur", "dateval", "date de valeur", "date val", "fecha valor", "f.valor", "f. valor", "fecha de valor", "rentedatum",
            "data valuta", "data waluty", "data valutei", "értéknap", "valutadag", "valutadato", "rentedato", "arvopäivä", "data valor", "data-valor", "valutadate",
            "execution date", "väärtuspäev", "valör", "valör tarihi", "datum valuty", "dátum valuty", "datum splatnosti", "datum valute", "дата валютирования", "value dat", "settlement date",
        ],
        [CsvFields.Amount] =
        [
            "amount", "transaction amount", "amount in account currency", "value", "net amount", "amount (account currency)", "local amount", "betrag", "buchungsbetrag",
            "umsatz", "gesamtbetrag", "montant", "montant de l'opération", "montant net", "importe", "importe eur", "movimiento importe", "bedrag", "transactiebedrag",
            "importo", "kwota", "kwota operacji", "kwota transakcji", "kwota transakcji (waluta rachunku)", "kwota w walucie rachunku", "částka", "částka v měně účtu",
            "objem", "suma operácie", "čiastka", "tranzakció összege", "összeg", "belopp", "beløb", "beløp", "määrä", "määrä euroa", "valor", "summa", "suma", "montante",
            "movimento", "quantia", "tutar", "işlem tutarı", "iznos", "znesek", "amount details", "credit/debit amount",
            "zaúčtovaná částka", "netto", "net", "betrag in kontowährung", "transaktionsbetrag", "importe de la operación", "cantidad", "billing amount", "txn amount", "amt",
            "сумма", "сумма операции", "ποσό", "סכום",
        ],
        [CsvFields.Credit] =
        [
            "credit", "credits", "credit amount", "amount credit", "paid in", "money in", "inflow", "deposit", "deposits", "deposit amount", "pays-in", "haben", "gutschrift",
            "crédit", "credit(e)", "abono", "abonos", "ingreso", "ingresos", "credito", "accrediti", "accredito", "avere", "entrate", "crédito", "bij",
            "uznania", "uznanie", "wpływy", "kwota uznania", "haber", "inn på konto", "inn", "inn pa konto", "kreedit", "kredīts", "kreditas", "kredit", "jóváírás", "alacak",
            "credits (cr)", "cr amount", "recettes", "duguje potražuje",
            "deposit amt.", "deposit amt", "credit amt", "deposited", "gutschriften", "entrée", "entrées", "entrada", "entradas", "importo avere", "připsáno", "v prospech", "amount in",
            "payments in", "received", "receipts", "lodgement", "lodgements", "cr", "in", "приход", "кредит", "uplata", "inngående", "suma credit", "dobro", "זכות",
        ],
        [CsvFields.Debit] =
        [
            "debit", "debits", "debit amount", "amount debit", "paid out", "money out", "outflow", "withdrawal", "withdrawals", "withdrawal amount", "payment amount",
            "pays-out", "soll", "belastung", "lastschrift", "débit", "cargo", "cargos", "gasto", "gastos", "debito", "addebiti", "addebito", "dare",
            "uscite", "débito", "af", "obciążenia", "obciążenie", "wydatki", "kwota obciążenia", "debe", "debet", "ut fra konto", "ut", "deebet", "debets", "debetas",
            "terhelés", "borç", "dr amount", "dépenses",
            "withdrawal amt.", "withdrawal amt", "debit amt", "money out", "belastungen", "sortie", "sorties", "salida", "salidas", "saída", "saídas", "importo dare", "odepsáno", "na ťarchu",
            "amount out", "payments out", "spent", "dr", "out", "расход", "дебет", "isplata", "suma debit", "breme", "חובה",
        ],
        [CsvFields.Flag] =
        [
            "af bij", "af/bij", "debit/credit", "credit/debit", "debit credit", "credit debit", "d/c", "c/d", "dc", "cd", "soll/haben", "s/h", "debet/credit",
            "bevétel/kiadás", "dr/cr", "cr/dr", "credit/debit indicator", "credit debit indicator", "d/k", "deebet/kreedit", "deebet/kreedit (d/c)", "direction", "t/j",
            "tartozik/követel", "b/a", "mark", "debets/kredīts", "creditdebet", "credit/debet", "debit/kredit", "debetas/kreditas", "af / bij", "bij/af", "dt/ct", "směr úhrady",
        ],
        [CsvFields.Currency] =
        [
            "currency", "ccy", "curr", "cur", "währung", "waehrung", "buchungswährung", "währung betrag", "devise", "devies", "moneda", "munt", "muntsoort", "valuta code",
            "valuta rekening", "valutakod", "divisa", "waluta", "waluta rachunku", "waluta operacji", "měna", "měna účtu", "mena", "tranzakció devizaneme", "devizanem",
            "összeg devizaneme", "valuutta", "whrg.", "whg.", "valutacode", "waluta transakcji", "валюта", "valuuta", "valūta", "valiuta", "moeda", "döviz", "para birimi", "account currency", "transaction currency", "valutasort",
        ],
        [CsvFields.Balance] =
        [
            "balance", "running balance", "running bal", "closing balance", "account balance", "accountbalance", "available balance after", "ledger balance", "balance after",
            "saldo", "saldo na trn", "saldo na mutatie", "saldo na boeking", "solde", "kontostand", "saldo nach buchung", "saldo po operacji", "saldo po transakcji",
            "saldo końcowe", "zůstatek", "zostatok", "egyenleg", "könyvelt egyenleg", "bakiye", "sold", "sold contabil", "saldo contabile", "saldo contabilístico",
            "bokfört saldo", "jääk", "runningbalance", "daily posted balance", "running bal.", "current balance", "closing bal", "saldo actual", "stanje", "остаток", "баланс", "יתרה",
        ],
        [CsvFields.Name] =
        [
            "name", "payee", "payee name", "counterparty", "counter party", "counterparty name", "merchant", "merchant name", "beneficiary", "beneficiary name",
            "beneficiary / originator", "auftraggeber/empfänger", "auftraggeber / begünstigter", "begünstigter / auftraggeber", "begünstigter/auftraggeber",
            "zahlungspflichtige*r", "zahlungsempfänger*in", "empfänger/zahlungspflichtiger", "auftraggeber/zahlungsempfänger", "beguenstigter/zahlungspflichtiger",
            "begünstigter/zahlungspflichtiger", "name zahlungsbeteiligter", "partnername", "empfänger", "naam", "naam tegenpartij", "naam van de tegenpartij",
            "naam tegenpartij bevat", "naam / omschrijving", "tegenpartij", "counteraccount name", "partner neve", "partner elnevezése", "partner név", "nombre",
            "ordenante/beneficiario", "bénéficiaire", "beneficiario", "nadawca/odbiorca", "nadawca / odbiorca", "dane kontrahenta", "odbiorca/zleceniodawca", "kontrahent",
            "název protiúčtu", "název účtu protistrany", "protistrana", "merchantname", "handelaar", "namn", "mottagare/avsändare", "saaja/maksaja", "saaja / maksaja",
            "saaja/maksja", "gavėjas", "mokėtojas/gavėjas", "saņēmējs/maksātājs", "alıcı/gönderen", "navn", "modtager",
        ],
        [CsvFields.Account] =
        [
            "counterparty account", "counterparty account number", "counterparty iban", "counter account", "contra account", "iban", "kontonummer/iban", "kontonummer",
            "konto-nr.", "konto-nr", "partner iban", "iban zahlungsbeteiligter", "tegenrekening", "tegenrekening iban/bban", "rekening tegenpartij",
            "rekeningnummer tegenpartij", "partner számlaszáma", "partner számla", "cuenta", "číslo protiúčtu", "protiúčet", "číslo účtu protistrany", "numer konta",
            "nr konta", "numer rachunku", "nr rachunku", "rachunek kontrahenta", "saajan tilinumero", "saajan tilinumero ja pankin bic", "saaja/maksja konto",
        ],
        [CsvFields.Bic] =
        [
            "bic", "swift", "swift code", "bic code", "bic (swift-code)", "bic tegenpartij", "blz", "swift/bic", "bic/swift",
        ],
        [CsvFields.Remittance] =
        [
            "description", "descriptions", "description1", "description2", "description3", "description 1", "description 2", "description 3", "transaction description",
            "transaction details", "details", "detail", "particulars", "memo", "narrative", "narration", "remarks", "remittance", "remittance information",
            "payment reference", "reference text", "label", "libellé de l'opération", "title", "text", "notes", "note", "purpose", "message", "verwendungszweck",
            "vorgang/verwendungszweck", "buchungsdetails", "avisierungstext", "transaktionsbeschreibung", "buchungsinformationen", "libellé", "libelle", "libellé opération",
            "détail", "détails", "informations complémentaires", "concepto", "concepto ampliado", "observaciones", "descripción", "descripcion", "omschrijving",
            "omschrijving-1", "omschrijving-2", "omschrijving-3", "vrije mededeling", "mededeling", "mededelingen", "toelichting", "descrizione", "descrizione_completa",
            "descrizione completa", "causale", "opis", "opis operacji", "opis transakcji", "tytuł", "tytuł operacji", "tytułem", "popis", "poznámka", "zpráva pro příjemce",
            "správa pre prijímateľa", "message for payee", "közlemény", "meddelande", "rubrik", "tekst", "forklaring", "viesti", "selitys", "selgitus", "paaiškinimai",
            "paaiškinimas", "informācija saņēmējam", "descrição", "descritivo", "descriere", "detalii tranzactie", "açıklama", "opis plaćanja",
        ],
        [CsvFields.BookingText] =
        [
            "type", "transaction type", "tran type", "trans type", "transaction code description", "buchungstext", "umsatzart", "umsatztyp", "vorgang", "buchungsart",
            "transaktionstyp", "tranzakció típusa", "típus", "statetype", "typ transakcji", "rodzaj operacji", "rodzaj transakcji", "typ úhrady", "typ operace",
            "type verrichting", "soort boeking", "type opération", "type d'opération", "tipo", "laji", "tehingu tüüp", "işlem", "category code",
        ],
        [CsvFields.EndToEndId] =
        [
            "end to end id", "endtoendid", "end-to-end id", "end-to-end-id", "kundenreferenz (end-to-end)", "end-to-end reference", "e2e reference", "betalingskenmerk",
            "gestructureerde mededeling",
        ],
        [CsvFields.ClientReference] =
        [
            "kundenreferenz", "customer reference", "client reference", "variable symbol", "variabilní symbol", "vs", "variabilný symbol", "viite", "viitenumber",
            "payment id", "cheque number", "check number", "check or slip #", "bordereau",
        ],
        [CsvFields.BankReference] =
        [
            "reference", "ref", "ref.", "reference number", "ref no", "ref. no.", "ref no.", "reference no.", "transaction id", "transaction no.", "transaction number",
            "transaction ref", "transactionid", "unique id", "id", "fitid", "txn id", "referencia", "référence", "referenz", "zkb reference", "transactiereferentie",
            "transactienummer", "volgnummer", "transaction reference number", "megbízás azonosító", "tranzakció azonosító", "buchungsreferenz", "referens",
            "arkistointitunnus", "arhiveerimistunnus", "numer referencyjny", "nr referencyjny", "numer transakcji", "id pohybu", "id transakce", "číslo pohybu",
            "numéro d'opération", "référence opération", "referinta tranzactiei", "dekont no", "fiş no", "įrašo nr.",
        ],
        [CsvFields.MandateId] =
        [
            "mandatsreferenz", "mandate reference", "mandaatreferte", "machtigingskenmerk", "mandate id",
        ],
        [CsvFields.CreditorId] =
        [
            "glaeubiger id", "gläubiger-id", "gläubiger id", "creditor id", "incassant id",
        ],
        [CsvFields.Status] =
        [
            "status", "state", "booking status", "transaction status", "buchungsstatus", "umsatzstatus", "statut", "estado", "stato", "stav", "stan", "tila",
        ],
        [CsvFields.OwnAccount] =
        [
            "account", "account number", "account no", "account no.", "account iban", "bank account", "posted account", "accountnum", "auftragskonto", "iban auftragskonto",
            "iban auftraggeberkonto", "bezeichnung auftragskonto", "rekening", "rekeningnummer", "iban/bban", "bankrekening", "számlaszám", "könyvelési számla", "číslo účtu",
            "kontonr", "kontonumber", "kliendi konto", "sąskaitos nr.", "konta nr.", "hesap no", "rachunek", "numer rachunku/karty", "compte", "n° de compte",
            "numéro de compte",
        ],
    };

    private static readonly Dictionary<string, string> Fields = Words
        .SelectMany(field => field.Value.Distinct(StringComparer.Ordinal).Select(name => (name, field.Key)))
        .DistinctBy(pair => pair.name, StringComparer.Ordinal)
        .ToDictionary(pair => pair.name, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Columns found in a row, or null when it is no header: a date and an amount there must be.</summary>
    public static CsvColumns? Recognise(IReadOnlyList<string> row)
    {
        var columns = Named(row);
        var amount = columns.Has(CsvFields.Amount) || columns.Has(CsvFields.Credit) || columns.Has(CsvFields.Debit);
        return amount && (columns.Has(CsvFields.BookingDate) || columns.Has(CsvFields.ValueDate)) ? columns : null;
    }

    /// <summary>Whatever of a row is known by name, be it a header or not.</summary>
    public static CsvColumns Named(IReadOnlyList<string> row)
    {
        var columns = new CsvColumns();
        for (var at = 0; at < row.Count; at++)
        {
            var name = Plain(row[at], out var currency);
            if (!Fields.TryGetValue(name, out var field)) continue;
            columns.Add(field, at);
            if (field is CsvFields.Amount or CsvFields.Credit or CsvFields.Debit) columns.Currency ??= currency;
        }

        return columns;
    }

    /// <summary>How many columns of a row are known by name: the more, the better its delimiter and its character set were chosen.</summary>
    public static int Known(IReadOnlyList<string> row)
    {
        if (DialectProfiles.DetectCsv(row) is not null) return 100 + row.Count;
        return Recognise(row) is null ? 0 : row.Count(cell => Fields.ContainsKey(Plain(cell, out _)));
    }

    /// <summary>Whether a cell is a label for the field, as in the lines some banks print above the table.</summary>
    public static bool Names(string cell, string field) => Fields.TryGetValue(Plain(cell, out _), out var found) && found == field;

    // "Betrag (EUR)", "Amount CZK", "bedrag in EUR", "Montant(EUROS)", "#Kwota": the column may name its currency, and wears its bank's ornaments.
    private static string Plain(string cell, out string? currency)
    {
        currency = null;
        var name = string.Join(' ', cell.Trim().Trim('\uFEFF', '#', '*', '.', ':', '"', '\'').Replace('_', ' ').Replace('İ', 'i').ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries));
        // "Withdrawal (-)", "Deposit (+)": the name says it already.
        if (name.EndsWith("(-)", StringComparison.Ordinal) || name.EndsWith("(+)", StringComparison.Ordinal)) name = name[..^3].Trim();
        var open = name.LastIndexOf('(');
        var bracketed = open > 0 && name.EndsWith(')');
        var tail = bracketed ? name[(open + 1)..^1].Trim() : name.Length > 4 && name[^4] == ' ' ? name[^3..] : null;
        if (bracketed && tail is "utc" or "local") return name[..open].Trim();
        if (bracketed && tail is "€" or "eur" or "euro" or "euros" or "£" or "$" or "zł" or "r$" or "kč" or "kr" or "ft" or "fr.")
        {
            currency = tail switch { "£" => "GBP", "zł" => "PLN", "r$" => "BRL", "kč" => "CZK", "ft" => "HUF", "fr." => "CHF", "$" or "kr" => null, _ => "EUR" };
            return name[..open].Trim();
        }

        foreach (var word in (ReadOnlySpan<string>)[" euros", " euro", " euroa", " eurot", " €"])
        {
            if (!name.EndsWith(word, StringComparison.Ordinal)) continue;
            currency = "EUR";
            return name[..^word.Length].Trim();
        }

        if (tail is not { Length: 3 } || !CurrencyCodes.IsKnown(tail.ToUpperInvariant()) || Fields.ContainsKey(name)) return name;
        currency = tail.ToUpperInvariant();
        name = (bracketed ? name[..open] : name[..^4]).Trim();
        return name.EndsWith(" in", StringComparison.Ordinal) ? name[..^3] : name;
    }
}

/// <summary>Which columns make which field.</summary>
internal sealed class CsvColumns
{
    private readonly Dictionary<string, List<int>> columns = new(StringComparer.Ordinal);

    public string? Currency { get; set; }

    /// <summary>Every row has as many cells; nought when nobody knows.</summary>
    public int Width { get; set; }

    /// <summary>Cells behind this many are no part of the table.</summary>
    public int MostWidth { get; set; }

    public bool Has(string field) => columns.ContainsKey(field);

    public void Rename(string field, string other)
    {
        if (columns.Remove(field, out var list)) columns.TryAdd(other, list);
    }

    public void Remove(string field) => columns.Remove(field);

    /// <summary>Whether the column is one that cannot be anything else beside.</summary>
    public bool IsNumberOrDate(int column) => Numbers.Any(field => columns.TryGetValue(field, out var list) && list.Contains(column));

    /// <summary>Whether the name of the column says that no movement stands in it.</summary>
    public bool IsNoMovement(int column) => columns.Any(pair => pair.Value.Contains(column) && pair.Key is not (CsvFields.Amount or CsvFields.Credit or CsvFields.Debit or CsvFields.Flag));

    private static readonly string[] Numbers = [CsvFields.BookingDate, CsvFields.ValueDate, CsvFields.Amount, CsvFields.Credit, CsvFields.Debit, CsvFields.Balance];

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
