using System.Globalization;
using Modupay.Formats.Xml;

namespace Modupay.Formats.Camt;

/// <summary>Reads <c>Ntry</c> with everything in it, in any version: what moved between versions is looked for in both places.</summary>
internal sealed class CamtEntryReader(XmlWalker xml, CamtNotes notes)
{
    private readonly CamtPartyReader parties = new(xml);
    private readonly CamtEntry entry = new();
    private string documentNamespace = "";
    private string? accountCurrency;
    private (string Domain, string? Family, string? Sub, string Code)? lastCode;

    /// <summary>The entry is overwritten by the next one.</summary>
    public CamtEntry Read(string? currency)
    {
        accountCurrency = currency;
        entry.Clear();
        entry.Position = xml.Position;
        documentNamespace = xml.Namespace;
        if (!xml.Enter(out var depth)) return entry;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "NtryRef": entry.Reference = xml.Text(); break;
                case "Amt": entry.Amount = Amount(required: true); break;
                case "CdtDbtInd": entry.Credit = Credit(); break;
                case "RvslInd": entry.Reversal = IsTrue(); break;
                case "Sts": Status(entry); break;
                case "BookgDt": entry.BookingDate = Date("booking"); break;
                case "ValDt": entry.ValueDate = Date("value"); break;
                case "AcctSvcrRef": entry.BankReference = xml.Text(); break;
                case "BkTxCd": Code(entry.Own); break;
                case "Chrgs": Charges(entry.Own); break;
                case "AmtDtls": Amounts(entry.Own); break;
                case "Btch": _ = Batch(entry); break;
                case "NtryDtls": Details(entry); break;
                case "TxDtls": Detail(entry.AddDetail()); break;
                case "AddtlNtryInf": entry.AdditionalInformation = xml.Text(); break;
                case "Avlbty" or "ComssnWvrInd" or "AddtlInfInd" or "TechInptChanl" or "Intrst" or "CardTx": xml.Ignore(); break;
                default: Foreign(); break;
            }
        }

        return entry;
    }

    // Several blocks under one entry are several batches. One that names no payments is a payment of its sum, and the sum of one that names a
    // single payment without an amount is that payment's.
    private void Details(CamtEntry entry)
    {
        if (!xml.Enter(out var depth)) return;
        var before = entry.Details.Count;
        (CamtAmount? Sum, bool? Credit, string? Payment, int? Size) batch = default;
        while (xml.NextChild(depth))
        {
            if (xml.Name == "TxDtls") Detail(entry.AddDetail());
            else if (xml.Name == "Btch") batch = Batch(entry);
            else Foreign();
        }

        if (batch.Sum is null) return;
        if (entry.Details.Count == before)
        {
            entry.Unsplit |= batch.Size > 1;
            var detail = entry.AddDetail();
            (detail.Amount, detail.Credit, detail.PaymentId) = (batch.Sum, batch.Credit, batch.Payment);
        }
        else if (entry.Details.Count == before + 1 && entry.Details[^1] is { Amount: null, TransactionAmount: null, InstructedAmount: null, CounterValue: null } only)
        {
            (only.Amount, only.Credit) = (batch.Sum, only.Credit ?? batch.Credit);
        }
    }

    private void Detail(CamtDetail detail)
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "Refs": References(detail); break;
                case "Amt": detail.Amount = Amount(required: false); break;
                case "CdtDbtInd": detail.Credit = Credit(); break;
                case "AmtDtls": Amounts(detail); break;
                case "BkTxCd": Code(detail); break;
                case "Chrgs": Charges(detail); break;
                case "RltdPties": parties.Parties(detail); break;
                case "RltdAgts": parties.Agents(detail); break;
                case "Purp": detail.Purpose = FirstLeaf(); break;
                case "RmtInf": Remittance(detail); break;
                case "RtrInf": Return(detail); break;
                case "AddtlTxInf": detail.AdditionalInformation = Joined(detail.AdditionalInformation, xml.Text()); break;
                case "Avlbty" or "Intrst" or "LclInstrm" or "RltdRmtInf" or "RltdDts" or "RltdPric" or "RltdQties" or "FinInstrmId" or "Tax" or "CorpActn"
                    or "SfkpgAcct" or "CshDpst" or "CardTx" or "PmtTpInf":
                    xml.Ignore(); break;
                default: Foreign(); break;
            }
        }
    }

    private void References(CamtDetail detail)
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "EndToEndId": detail.EndToEndId = xml.Text(); break;
                case "InstrId": detail.InstructionId = xml.Text(); break;
                case "PmtInfId": detail.PaymentId = xml.Text(); break;
                case "TxId": detail.TransactionId = xml.Text(); break;
                case "UETR": detail.Uetr = xml.Text(); break;
                case "MndtId": detail.MandateId = xml.Text(); break;
                case "AcctSvcrRef": detail.BankReference = xml.Text(); break;
                case "ChqNb": detail.ChequeNumber = xml.Text(); break;
                case "Prtry": detail.OtherReference ??= Child("Ref"); break;
                case "OrgnlEndToEndId" or "OrgnlInstrId" or "OrgnlTxId": Original(detail); break;
                case "MsgId" or "ClrSysRef" or "AcctOwnrTxId" or "AcctSvcrTxId" or "MktInfrstrctrTxId" or "PrcgId": xml.Ignore(); break;
                default: Foreign(); break;
            }
        }
    }

    private void Amounts(CamtDetail detail)
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "TxAmt": detail.TransactionAmount = AmountWithRate(detail); break;
                case "InstdAmt": detail.InstructedAmount = AmountWithRate(detail); break;
                case "CntrValAmt": detail.CounterValue = AmountWithRate(detail); break;
                case "AnncdPstngAmt" or "PrtryAmt": xml.Ignore(); break;
                default: Foreign(); break;
            }
        }
    }

    private CamtAmount? AmountWithRate(CamtDetail detail)
    {
        CamtAmount? amount = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth))
        {
            if (xml.Name == "Amt") amount = Amount(required: false);
            else if (xml.Name == "CcyXchg") detail.Rate ??= Rate();
            else Foreign();
        }

        return amount;
    }

    private decimal? Rate()
    {
        decimal? rate = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth))
        {
            if (xml.Name != "XchgRate") xml.Ignore();
            else if (decimal.TryParse(xml.Characters(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) rate = value;
        }

        return rate;
    }

    private void Code(CamtDetail detail)
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            if (xml.Name == "Domn") detail.Code = Domain();
            else if (xml.Name == "Prtry") detail.ProprietaryCode = Child("Cd", shared: true);
            else Foreign();
        }
    }

    private string? Domain()
    {
        string? domain = null, family = null, sub = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth))
        {
            if (xml.Name == "Cd") domain = xml.SharedText();
            else if (xml.Name != "Fmly") Foreign();
            else if (xml.Enter(out var inner))
            {
                while (xml.NextChild(inner))
                {
                    if (xml.Name == "Cd") family = xml.SharedText();
                    else if (xml.Name == "SubFmlyCd") sub = xml.SharedText();
                    else Foreign();
                }
            }
        }

        if (domain is null) return null;
        if (lastCode is null || lastCode.Value.Domain != domain || lastCode.Value.Family != family || lastCode.Value.Sub != sub) lastCode = (domain, family, sub, $"{domain}-{family}-{sub}");
        return lastCode.Value.Code;
    }

    // Up to version 03 the charge stands in Chrgs itself, later in its records.
    private void Charges(CamtDetail detail)
    {
        if (!xml.Enter(out var depth)) return;
        CamtAmount? amount = null;
        var included = false;
        string? bearer = null;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "Amt": amount = Amount(required: false); break;
                case "ChrgInclInd": included = IsTrue(); break;
                case "Br": bearer = xml.Text(); break;
                case "Rcrd": Charges(detail); break;
                default: xml.Ignore(); break;
            }
        }

        if (amount is { } charge) (detail.Charges ??= []).Add(new Charge(charge.Minor, charge.Currency, included, bearer));
    }

    private void Remittance(CamtDetail detail)
    {
        if (!xml.Enter(out var depth)) return;
        var wasFull = false;
        while (xml.NextChild(depth))
        {
            if (xml.Name == "Ustrd")
            {
                var part = xml.Text();
                // A part of 140 characters was cut at the schema's margin.
                detail.Remittance = detail.Remittance is null || part is null ? detail.Remittance ?? part : detail.Remittance + (wasFull ? "" : " ") + part;
                wasFull = part?.Length == 140;
            }
            else if (xml.Name == "Strd")
            {
                Structured(detail);
            }
            else
            {
                Foreign();
            }
        }
    }

    private void Structured(CamtDetail detail)
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "CdtrRefInf":
                    var reference = Child("Ref");
                    // A line has one structured reference; those of the other documents paid with it stay readable.
                    if (detail.StructuredReference is null) detail.StructuredReference = reference;
                    else detail.Remittance = Joined(detail.Remittance, reference);
                    break;
                case "RfrdDocInf": detail.Remittance = Joined(detail.Remittance, Child("Nb")); break;
                case "AddtlRmtInf": detail.Remittance = Joined(detail.Remittance, xml.Text()); break;
                case "RfrdDocAmt" or "Invcr" or "Invcee" or "TaxRmt" or "GrnshmtRmt": xml.Ignore(); break;
                default: Foreign(); break;
            }
        }
    }

    private void Return(CamtDetail detail)
    {
        detail.Returned = true;
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "Rsn": detail.ReturnReason = FirstLeaf(); break;
                case "AddtlInf": detail.ReturnInformation = Joined(detail.ReturnInformation, xml.Text()); break;
                case "OrgnlEndToEndId" or "OrgnlInstrId" or "OrgnlTxId": Original(detail); break;
                case "OrgnlBkTxCd" or "Orgtr": xml.Ignore(); break;
                default: Foreign(); break;
            }
        }
    }

    // No element of camt, but some banks copy them from the return they received; the end-to-end id says most.
    private void Original(CamtDetail detail)
    {
        var isBest = xml.Name == "OrgnlEndToEndId";
        var reference = xml.Text();
        if (isBest || detail.OriginalReference is null) detail.OriginalReference = Mt.TextDraft.Given(reference) ?? detail.OriginalReference;
    }

    private (CamtAmount? Sum, bool? Credit, string? Payment, int? Size) Batch(CamtEntry entry)
    {
        CamtAmount? sum = null;
        bool? credit = null;
        string? payment = null;
        int? size = null;
        if (!xml.Enter(out var depth)) return default;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "MsgId": entry.BatchMessageId ??= xml.Text(); break;
                case "PmtInfId":
                    payment = xml.Text();
                    entry.BatchPaymentId ??= payment;
                    break;
                case "NbOfTxs":
                    size = int.TryParse(xml.Characters(), NumberStyles.None, null, out var number) ? number : null;
                    entry.BatchSize = size ?? entry.BatchSize;
                    break;
                case "TtlAmt": sum = Amount(required: false); break;
                case "CdtDbtInd": credit = xml.Characters() switch { "CRDT" => true, "DBIT" => false, _ => null }; break;
                default: Foreign(); break;
            }
        }

        return (sum, credit, payment, size);
    }

    // A text up to version 06, a code or a proprietary word inside from 07 on.
    private void Status(CamtEntry entry)
    {
        if (xml.IsEmpty) return;
        var depth = xml.Depth;
        while (xml.Read())
        {
            switch (xml.Node)
            {
                case System.Xml.XmlNodeType.Element when xml.Name is "Cd" or "Prtry":
                    entry.StatusHasCode = true;
                    entry.Status = xml.SharedText();
                    break;
                case System.Xml.XmlNodeType.Text:
                    entry.Status = notes.Shared(xml.TakeText());
                    break;
                case System.Xml.XmlNodeType.EndElement when xml.Depth <= depth:
                    return;
            }
        }
    }

    // Inside Dt or DtTm; some leave these out.
    private DateOnly? Date(string which)
    {
        DateOnly? date = null;
        if (xml.IsEmpty) return null;
        var depth = xml.Depth;
        while (xml.Read())
        {
            switch (xml.Node)
            {
                case System.Xml.XmlNodeType.Element when xml.Depth == depth + 1 && xml.Name is "Dt" or "DtTm": date = Day(which, xml.Characters()) ?? date; break;
                case System.Xml.XmlNodeType.Element when xml.Depth == depth + 1: Foreign(); break;
                case System.Xml.XmlNodeType.Text when xml.Depth == depth + 1: date = Day(which, xml.TakeText()); break;
                case System.Xml.XmlNodeType.EndElement when xml.Depth <= depth: return date;
            }
        }

        return date;
    }

    // An empty element is a date left out, not a date that is wrong.
    private DateOnly? Day(string which, ReadOnlySpan<char> text)
    {
        if (CamtValues.TryDate(text, out var day)) return day;
        if (!text.IsEmpty) notes.Refuse("date_unreadable", $"The {which} date is not a date.", xml.Position);
        return null;
    }

    private CamtAmount? Amount(bool required) => CamtAmounts.Read(xml, notes, accountCurrency, required);

    private bool? Credit() => CamtAmounts.Credit(xml, notes);

    private bool IsTrue() => xml.Characters() is "true" or "1";

    private string? Child(string name, bool shared = false)
    {
        string? text = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth))
        {
            if (text is null && xml.Name == name) text = shared ? xml.SharedText() : xml.Text();
            else xml.Ignore();
        }

        return text;
    }

    private string? FirstLeaf()
    {
        string? text = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth)) text ??= xml.SharedText();
        return text;
    }

    // Bank extensions belong into SplmtryData; anything else from another namespace is somebody's trick or mistake.
    private void Foreign()
    {
        if (xml.Namespace != documentNamespace && xml.Name != "SplmtryData")
            notes.Warn("element_foreign", $"The element {xml.Name} of {xml.Namespace} was not followed.", xml.Position);
        if (xml.Name == "SplmtryData") xml.Ignore();
    }

    private static string? Joined(string? before, string? text) => text is null ? before : before is null ? text : before + " " + text;
}
