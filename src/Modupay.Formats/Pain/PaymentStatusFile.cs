using System.Runtime.InteropServices;
using System.Xml;
using Modupay.Formats.Xml;

namespace Modupay.Formats;

/// <summary>Reads pain.002 of every version and namespace, Swiss ones and EBICS acknowledgements (HAC) included.</summary>
public static class PaymentStatusFile
{
    /// <summary>Null with a problem when the file is no status report or is cut.</summary>
    public static PaymentStatusReport? Parse(ReadOnlyMemory<byte> file, out ParseProblem? problem)
    {
        problem = null;
        var declared = XmlEncoding.Declared(file.Span);
        using var stream = MemoryMarshal.TryGetArray(file, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(file.ToArray(), writable: false);
        using var xml = new XmlWalker(stream, declared.NeedsDecoder);
        PaymentStatusReport? report = null;
        try
        {
            // Read to the end: a file that breaks off after the last status was not sent whole.
            while (xml.Read())
            {
                if (xml.Node is XmlNodeType.Element && xml.Name is "CstmrPmtStsRpt" or "pain.002.001.02") report = Body(xml);
            }
        }
        catch (Exception exception) when (exception is XmlException or XmlRefusal)
        {
            problem = new ParseProblem((exception as XmlRefusal)?.Code ?? "xml_malformed", Severity.Error, exception.Message, xml.Position);
            return null;
        }

        if (report is null) problem = new ParseProblem("no_status_report", Severity.Error, "The document is no payment status report.", new FilePosition(1));
        return report;
    }

    private static PaymentStatusReport Body(XmlWalker xml)
    {
        var report = new PaymentStatusReport { Version = Version(xml.Namespace) };
        var payments = new List<PaymentInformationStatus>();
        // Version 02 lists transactions of all payments under the report itself.
        var loose = new List<TransactionStatus>();
        foreach (var name in Children(xml))
        {
            switch (name)
            {
                case "GrpHdr":
                    foreach (var child in Children(xml))
                    {
                        if (child == "MsgId") report = report with { MessageId = xml.Text() };
                        else if (child == "CreDtTm") report = report with { CreatedAt = xml.Text() };
                        else xml.Ignore();
                    }

                    break;
                case "OrgnlGrpInfAndSts": report = Group(xml, report); break;
                case "OrgnlPmtInfAndSts": payments.Add(Payment(xml)); break;
                case "TxInfAndSts": loose.Add(Transaction(xml)); break;
                default: xml.Ignore(); break;
            }
        }

        if (loose.Count > 0) payments.Add(new PaymentInformationStatus(null, null, [], loose));
        return report with { Payments = payments };
    }

    private static PaymentStatusReport Group(XmlWalker xml, PaymentStatusReport report)
    {
        var reasons = new List<StatusReason>();
        foreach (var name in Children(xml))
        {
            switch (name)
            {
                case "OrgnlMsgId": report = report with { OriginalMessageId = xml.Text() }; break;
                case "OrgnlMsgNmId": report = report with { OriginalMessageName = xml.Text() }; break;
                case "GrpSts": report = report with { GroupStatus = xml.Text() }; break;
                case "StsRsnInf": reasons.Add(Reason(xml)); break;
                default: xml.Ignore(); break;
            }
        }

        return report with { GroupReasons = reasons };
    }

    private static PaymentInformationStatus Payment(XmlWalker xml)
    {
        string? id = null, status = null;
        var reasons = new List<StatusReason>();
        var transactions = new List<TransactionStatus>();
        foreach (var name in Children(xml))
        {
            switch (name)
            {
                case "OrgnlPmtInfId": id = xml.Text(); break;
                case "PmtInfSts": status = xml.Text(); break;
                case "StsRsnInf": reasons.Add(Reason(xml)); break;
                case "TxInfAndSts": transactions.Add(Transaction(xml)); break;
                default: xml.Ignore(); break;
            }
        }

        return new PaymentInformationStatus(id, status, reasons, transactions);
    }

    private static TransactionStatus Transaction(XmlWalker xml)
    {
        string? instruction = null, endToEnd = null, status = null, bank = null;
        var reasons = new List<StatusReason>();
        foreach (var name in Children(xml))
        {
            switch (name)
            {
                case "OrgnlInstrId": instruction = xml.Text(); break;
                case "OrgnlEndToEndId": endToEnd = xml.Text(); break;
                case "TxSts": status = xml.Text(); break;
                case "AcctSvcrRef": bank = xml.Text(); break;
                case "StsRsnInf": reasons.Add(Reason(xml)); break;
                default: xml.Ignore(); break;
            }
        }

        return new TransactionStatus(instruction, endToEnd, status, reasons, bank);
    }

    private static StatusReason Reason(XmlWalker xml)
    {
        string? code = null, information = null;
        foreach (var name in Children(xml))
        {
            if (name == "Rsn" || name == "StsRsn")
            {
                foreach (var _ in Children(xml)) code ??= xml.Text();
            }
            else if (name is "AddtlInf" or "AddtlStsRsnInf")
            {
                var text = xml.Text();
                information = information is null ? text : information + " " + text;
            }
            else
            {
                xml.Ignore();
            }
        }

        return new StatusReason(code, information);
    }

    private static IEnumerable<string> Children(XmlWalker xml)
    {
        if (!xml.Enter(out var depth)) yield break;
        while (xml.NextChild(depth)) yield return xml.Name;
    }

    private static string Version(string name)
    {
        var at = name.IndexOf("pain.002.", StringComparison.Ordinal);
        return at >= 0 && name.Length >= at + 15 ? name.Substring(at, 15) : "pain.002";
    }
}
